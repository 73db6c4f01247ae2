"""What a load balancer and a collector of figures ask."""

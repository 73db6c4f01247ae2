"""The planner's peers, the instances they are compared on, and the race itself; ``scripts/bench plan`` runs it."""

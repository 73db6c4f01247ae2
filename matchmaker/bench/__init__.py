"""Figures as ratios: each measures something of ours beside a named peer, in the same run on the same machine."""

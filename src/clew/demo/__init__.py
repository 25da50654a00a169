"""The blog post on one machine: the sample app and the processes around it."""

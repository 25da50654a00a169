"""What others ask of the mesh: Envoy over delta ADS, people and tools over the admin port."""

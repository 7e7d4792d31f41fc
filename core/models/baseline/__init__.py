"""Classical baselines in the roles of models: features measured on images, and groups formed of them without words."""

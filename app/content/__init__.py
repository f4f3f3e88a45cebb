"""From content files to the model, each mistake as a finding."""

"""What an adapter's factors do to its base model."""

"""Small real models, trained on scikit-learn's digits."""

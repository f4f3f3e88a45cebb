"""Whether an exchange answers, and whose clock is wrong: the only code that asks exchanges."""

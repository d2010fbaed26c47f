"""The reports that the contract asks for, as drafts in Word: figures filled in, the rest to be written."""

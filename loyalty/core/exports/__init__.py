"""Take lists out as files, with the filters that they are shown under."""

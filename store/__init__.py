"""The durable frame log, the time series and the records: the only package that knows SQL."""

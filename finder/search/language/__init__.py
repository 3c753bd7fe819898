"""The query language: words, "phrases", -exclusions and filters such as `ext:pdf`. Pure: knows neither store nor disk.

Everything that a person types means something: what is no operator, or has a value that makes no sense, is plain text.
"""

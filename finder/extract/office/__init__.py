"""Letters, reports and slides of the office suites, the old formats and the new."""

"""The phases of a cohort: set, started by hand or by date, taken back within a day. Their table and the phase bar are with spaces."""

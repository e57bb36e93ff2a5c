"""The phases of a cohort: set, started by hand or by date, taken back within a day. Table and phase bar are with spaces."""

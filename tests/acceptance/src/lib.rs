//! The real terraform against the lab.

//! A stand-in data centre on loopback.

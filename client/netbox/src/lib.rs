//! A client for the NetBox REST API.

//! What the onprem API clients share.

//! What the fuzz targets share: a limit of memory for each input, and types and values made of bytes.

mod generate;
mod memory;

pub use generate::{ty, value};
pub use memory::bounded;

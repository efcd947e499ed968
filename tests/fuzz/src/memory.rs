//! Reading a small input must not take much memory, whatever lengths the input claims.

use std::alloc::System;
use std::panic;
use std::sync::Once;

use cap::Cap;

/// Run something that reads `length` bytes, with memory in proportion to them
///
/// Beyond it allocations fail, which ends the process, and so libFuzzer reports the input.
pub fn bounded<T>(length: usize, run: impl FnOnce() -> T) -> T {
    REPORTING.call_once(|| {
        // The report of a panic may take what it needs.
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let _ = ALLOCATOR.set_limit(usize::MAX);
            report(panic);
        }));
    });
    let limit = FIXED + PER_BYTE * length;
    let _ = ALLOCATOR.set_limit(ALLOCATOR.allocated() + limit);
    let result = run();
    let _ = ALLOCATOR.set_limit(usize::MAX);
    result
}

// libFuzzer's own limit (-malloc_limit_mb) does nothing without a sanitizer.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

static REPORTING: Once = Once::new();

/// Messages, and what a number takes on its way.
const FIXED: usize = 256 << 10;
/// A list in lists reserves room for each byte that is left, and a map of one element, three bytes,
/// is a whole node of a tree.
const PER_BYTE: usize = 8 << 10;

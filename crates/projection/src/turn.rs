//! One turn of a background thread: a defect in one must not end the thread, and with it everything that is kept up to date there.

use siyu_kernel::Refusal;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Carries out one turn of the job; a panic is told (log, `siyu_background_panics_total`) and answered as `internal`. What the turn was
/// changing must be thrown away or put back by the caller.
pub fn turn<T>(job: &'static str, work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    // The message is not passed on: it may quote what was being worked on. Where it happened is on standard error.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        metrics::counter!("siyu_background_panics_total", "job" => job).increment(1);
        tracing::error!(job, "a background job panicked and will be tried again; please report this");
        Err(Refusal::internal("a background job panicked"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_answer() {
        let broken = turn::<()>("test", || panic!("a defect"));
        assert_eq!(broken.unwrap_err().code, "internal");
        assert_eq!(turn("test", || Ok(7)).unwrap(), 7);
    }
}

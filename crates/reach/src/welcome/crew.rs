//! Threads for work that mostly waits for somebody else's answer: as many as the work asks for, ended again when it has gone. A thread that
//! idles keeps the memory it once used, and forty-eight of them keep more than everything else of a small brand.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than the gaps of a busy hour, shorter than a pause.
const IDLE: Duration = Duration::from_secs(5);

pub(super) struct Crew<T> {
    state: Mutex<State<T>>,
    /// A job has come, or there will be no more.
    called: Condvar,
    /// A job has been taken.
    room: Condvar,
    threads_max: usize,
    waiting_max: usize,
}

struct State<T> {
    jobs: VecDeque<T>,
    threads: usize,
    idle: usize,
    closed: bool,
}

/// What has to happen for a job that was handed over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Somebody has it or will.
    Taken,
    /// One more thread is counted already and has to be started.
    Start,
}

impl<T> Crew<T> {
    pub fn new(threads_max: usize, waiting_max: usize) -> Self {
        let state = Mutex::new(State { jobs: VecDeque::new(), threads: 0, idle: 0, closed: false });
        Self { state, called: Condvar::new(), room: Condvar::new(), threads_max, waiting_max }
    }
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Waits while as many wait as may.
    pub fn hand(&self, job: T) -> Call {
        let waited = self.room.wait_while(self.state(), |state| state.jobs.len() >= self.waiting_max);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.jobs.push_back(job);
        if state.jobs.len() > state.idle && state.threads < self.threads_max {
            state.threads += 1;
            return Call::Start;
        }
        drop(state);
        self.called.notify_one();
        Call::Taken
    }
    /// The thread that was counted could not be started. Jobs that nobody is left for come back.
    pub fn not_started(&self) -> Vec<T> {
        let mut state = self.state();
        state.threads -= 1;
        if state.threads > 0 { Vec::new() } else { state.jobs.drain(..).collect() }
    }
    /// What a thread does: `work` on one job after the other, until there is none for a while, none will come, or `work` says no.
    pub fn serve(&self, work: impl FnMut(T) -> bool) {
        self.serve_for(IDLE, work);
    }
    fn serve_for(&self, idle: Duration, mut work: impl FnMut(T) -> bool) {
        loop {
            let mut state = self.state();
            state.idle += 1;
            let waited = self.called.wait_timeout_while(state, idle, |state| state.jobs.is_empty() && !state.closed);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
            let Some(job) = state.jobs.pop_front() else {
                state.threads -= 1;
                return;
            };
            drop(state);
            self.room.notify_one();
            if !work(job) {
                self.state().threads -= 1;
                return;
            }
        }
    }
    /// What was handed over is still done; then the threads end.
    pub fn close(&self) {
        self.state().closed = true;
        self.called.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn start(crew: &Arc<Crew<u32>>, done: &Arc<AtomicUsize>, most: &Arc<AtomicUsize>, at_once: &Arc<AtomicUsize>) {
        let (crew, done, most, at_once) = (Arc::clone(crew), Arc::clone(done), Arc::clone(most), Arc::clone(at_once));
        std::thread::spawn(move || {
            crew.serve_for(Duration::from_millis(50), |_| {
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(1));
                at_once.fetch_sub(1, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
                true
            });
        });
    }

    fn settled(crew: &Crew<u32>) -> bool {
        (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            crew.state().threads == 0
        })
    }

    #[test]
    fn every_job_is_done_by_no_more_threads_than_allowed_which_end_when_idle() {
        let crew = Arc::new(Crew::new(4, 8));
        let (done, most, at_once) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        for round in 1..=3 {
            for job in 0..100 {
                if crew.hand(job) == Call::Start {
                    start(&crew, &done, &most, &at_once);
                }
            }
            assert!(settled(&crew), "threads stay");
            assert_eq!(done.load(Ordering::SeqCst), round * 100);
        }
        assert_eq!(most.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn one_job_after_the_other_needs_one_thread() {
        let crew = Arc::new(Crew::new(48, 64));
        let done = AtomicUsize::new(0);
        let started = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for n in 1..=20 {
                if crew.hand(n) == Call::Start {
                    started.fetch_add(1, Ordering::SeqCst);
                    scope.spawn(|| crew.serve(|_| done.fetch_add(1, Ordering::SeqCst) < usize::MAX));
                }
                while done.load(Ordering::SeqCst) < n as usize || crew.state().idle == 0 {
                    std::thread::yield_now();
                }
            }
            crew.close();
        });
        assert_eq!((started.into_inner(), done.into_inner()), (1, 20));
        assert_eq!(crew.state().threads, 0);
    }

    #[test]
    fn what_was_handed_over_before_the_end_is_done() {
        let crew = Crew::new(1, 8);
        assert_eq!(crew.hand(1), Call::Start);
        assert_eq!(crew.hand(2), Call::Taken);
        crew.close();
        let mut seen = Vec::new();
        crew.serve(|job| {
            seen.push(job);
            true
        });
        assert_eq!(seen, [1, 2]);
    }

    #[test]
    fn jobs_come_back_when_no_thread_can_be_had() {
        let crew = Crew::new(2, 8);
        assert_eq!(crew.hand(1), Call::Start);
        assert_eq!(crew.hand(2), Call::Start);
        assert_eq!(crew.not_started(), Vec::<i32>::new());
        assert_eq!(crew.not_started(), [1, 2]);
    }
}

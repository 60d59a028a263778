//! Reading connections: taken by the reading thread, given back after use.

use crate::engine::{Conn, Role};
use crate::{DbConfig, DbError};
use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) struct Pool {
    config: DbConfig,
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    idle: Vec<Conn>,
    open: usize,
}

impl Pool {
    pub fn new(config: DbConfig) -> Self {
        Self { config, state: Mutex::new(State { idle: Vec::new(), open: 0 }), freed: Condvar::new() }
    }
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    /// Waits while all connections are in use.
    pub fn take(&self) -> Result<Conn, DbError> {
        let mut state = self.lock();
        loop {
            if let Some(conn) = state.idle.pop() {
                return Ok(conn);
            }
            if state.open < self.config.readers {
                state.open += 1;
                drop(state);
                return Conn::open(&self.config, Role::Reader).inspect_err(|_| self.forget());
            }
            state = self.freed.wait(state).unwrap_or_else(|broken| broken.into_inner());
        }
    }
    pub fn give_back(&self, conn: Conn) {
        if conn.is_closed() {
            return self.forget();
        }
        self.lock().idle.push(conn);
        self.freed.notify_one();
    }
    pub fn forget(&self) {
        self.lock().open -= 1;
        self.freed.notify_one();
    }
}

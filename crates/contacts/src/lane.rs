//! Callbacks on their way to the disk: those that arrive together are saved together, so that one sync serves many on either engine.

use crate::{Around, Arrival};
use siyu_db::{Db, Engine, Param, Tx, params};
use siyu_kernel::{Refusal, Time};
use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use tokio::sync::oneshot;

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    New,
    /// It was here before; it is answered like a new one.
    Repeated,
}

/// A row of the inbox.
#[derive(Clone)]
pub(crate) struct Row {
    pub identity: String,
    pub name: String,
    pub at: Option<Time>,
    pub received: Time,
    pub body: Vec<u8>,
    pub due: Time,
    pub arrival: Option<Arrival>,
}

type Answer = Result<Taken, Refusal>;

/// Callbacks that wait for a unit; one more is refused as busy, and WeCom delivers again.
const WAITING_MAX: usize = 4_096;
const UNIT_MAX: usize = 256;

/// The way in. Dropping it ends its thread after what waits.
pub(crate) struct Lane(SyncSender<(Row, oneshot::Sender<Answer>)>);

impl Lane {
    pub fn start(db: Db, around: Arc<dyn Around>) -> Self {
        let (sender, receiver) = sync_channel(WAITING_MAX);
        std::thread::spawn(move || run(&db, &around, &receiver));
        Self(sender)
    }
    /// Answers when the row is on disk.
    pub fn keep(&self, row: Row) -> impl Future<Output = Answer> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        let sent = self.0.try_send((row, sender)).map_err(|error| match error {
            TrySendError::Full(_) => Refusal::busy(),
            TrySendError::Disconnected(_) => Refusal::internal("the lane of callbacks has ended"),
        });
        async move {
            sent?;
            receiver.await.map_err(Refusal::internal)?
        }
    }
}

fn run(db: &Db, around: &Arc<dyn Around>, receiver: &Receiver<(Row, oneshot::Sender<Answer>)>) {
    while let Ok(first) = receiver.recv() {
        let (mut rows, mut answers) = (vec![first.0], vec![first.1]);
        while rows.len() < UNIT_MAX
            && let Ok((row, answer)) = receiver.try_recv()
        {
            rows.push(row);
            answers.push(answer);
        }
        let rows = Arc::new(rows);
        let (unit, around) = (rows.clone(), Arc::clone(around));
        // A panic inside a unit is answered by the database as a refusal.
        let saved = db.transact(move |tx| {
            let taken = insert(tx, &unit)?;
            let news = unit.iter().zip(&taken).filter(|(_, taken)| **taken == Taken::New);
            let arrivals: Vec<Arrival> = news.filter_map(|(row, _)| row.arrival.clone()).collect();
            if !arrivals.is_empty() {
                around.arrived(tx, &arrivals)?;
            }
            Ok(taken)
        });
        for (at, answer) in answers.into_iter().enumerate() {
            let own = match &saved {
                Ok(taken) => Ok(taken[at]),
                Err(refusal) => Err(Refusal::new(refusal.class, refusal.code, refusal.en.clone(), refusal.zh.clone())),
            };
            // Whoever hung up does not wait for the answer.
            let _ = answer.send(own);
        }
    }
}

/// Which of the rows are new, in their order.
fn insert(tx: &mut Tx<'_>, rows: &[Row]) -> Result<Vec<Taken>, Refusal> {
    let mut new: HashSet<String> = HashSet::with_capacity(rows.len());
    match tx.engine() {
        Engine::Sqlite => {
            let rows: Vec<[Param<'_>; 6]> = rows
                .iter()
                .map(|row| {
                    [
                        (&row.identity).into(),
                        (&row.name).into(),
                        row.at.into(),
                        row.received.into(),
                        (&row.body).into(),
                        row.due.into(),
                    ]
                })
                .collect();
            let sql = "INSERT INTO wecom_inbox (identity, name, at, received_at, body, state, due_at) VALUES ($1, $2, $3, $4, $5, 0, $6)
                ON CONFLICT (identity) DO NOTHING RETURNING identity";
            tx.query_all(sql, &rows, |_, row| {
                new.insert(row.text(0)?);
                Ok(())
            })?;
        }
        Engine::Postgres => {
            let texts = |of: fn(&Row) -> &String| rows.iter().map(|row| of(row).clone()).collect::<Vec<_>>();
            let times = |of: fn(&Row) -> i64| rows.iter().map(of).collect::<Vec<_>>();
            let (identities, names) = (texts(|row| &row.identity), texts(|row| &row.name));
            let ats = times(|row| row.at.map_or(i64::MIN, |at| at.0));
            let (received, due) = (times(|row| row.received.0), times(|row| row.due.0));
            let bodies: Vec<&[u8]> = rows.iter().map(|row| row.body.as_slice()).collect();
            let sql = "INSERT INTO wecom_inbox (identity, name, at, received_at, body, state, due_at)
                SELECT a, b, NULLIF(c, -9223372036854775808), d, e, 0, f
                FROM unnest(CAST($1 AS TEXT[]), CAST($2 AS TEXT[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BYTEA[]), CAST($6 AS BIGINT[])) AS t (a, b, c, d, e, f)
                ON CONFLICT (identity) DO NOTHING RETURNING identity";
            let values = params![&identities[..], &names[..], &ats, &received];
            let mut all = values.to_vec();
            all.extend([Param::Blobs(&bodies), (&due).into()]);
            tx.each(sql, &all, |row| {
                new.insert(row.text(0)?);
                Ok(())
            })?;
        }
    }
    // Of two that are the same in one unit the first is new.
    Ok(rows.iter().map(|row| if new.remove(&row.identity) { Taken::New } else { Taken::Repeated }).collect())
}

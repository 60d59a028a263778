//! Database failures, and the refusal a caller sees.

use siyu_kernel::{Class, Refusal};

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("postgres: {0}")]
    Postgres(#[from] postgres::Error),
    #[error("{0}")]
    Decode(String),
    #[error("the disk could not keep what was committed")]
    Sync,
    /// Another unit got there first; running again sees its result.
    #[error("conflict with a concurrent unit: {0}")]
    Conflict(String),
}

fn has_pg_code(error: &postgres::Error, codes: &[&str]) -> bool {
    error.code().is_some_and(|state| codes.contains(&state.code()))
}

impl DbError {
    pub fn retryable(&self) -> bool {
        match self {
            // Serialization failure, deadlock, and the savepoint of another session's unique insert.
            Self::Postgres(error) => has_pg_code(error, &["40001", "40P01"]),
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            ),
            Self::Conflict(_) => true,
            Self::Decode(_) | Self::Sync => false,
        }
    }
    /// The connection is gone and a new one may work.
    pub fn disconnected(&self) -> bool {
        match self {
            Self::Postgres(error) => {
                error.is_closed()
                    || has_pg_code(error, &["57P01", "57P02", "57P03", "08006", "08003", "08001"])
                    || (error.code().is_none() && error.as_db_error().is_none())
            }
            _ => false,
        }
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        use rusqlite::ErrorCode as Lite;
        let unavailable = |code, en: &str, zh: &str| Refusal::new(Class::Unavailable, code, en, zh);
        let refusal = match &error {
            DbError::Sqlite(e) => match e.sqlite_error_code() {
                Some(Lite::DiskFull) => unavailable(
                    "disk_full",
                    "The disk is full. Nothing of this request was saved; free some space and try again.",
                    "磁盘已满，本次请求未保存任何内容，请清理空间后重试。",
                ),
                Some(Lite::ReadOnly | Lite::CannotOpen | Lite::PermissionDenied) => unavailable(
                    "storage_read_only",
                    "The data folder cannot be written. Check its owner and permissions.",
                    "数据目录不可写，请检查其属主与权限。",
                ),
                Some(Lite::DatabaseBusy | Lite::DatabaseLocked) => unavailable(
                    "storage_busy",
                    "Another process is holding the database. Try again.",
                    "数据库被其他进程占用，请稍后重试。",
                ),
                Some(Lite::SystemIoFailure) => unavailable(
                    "storage_failure",
                    "The disk reported a failure. Nothing of this request was saved.",
                    "磁盘读写失败，本次请求未保存任何内容。",
                ),
                Some(Lite::DatabaseCorrupt | Lite::NotADatabase) => unavailable(
                    "storage_damaged",
                    "The database file is damaged. Restore a backup with `siyu restore`.",
                    "数据库文件已损坏，请用 siyu restore 恢复备份。",
                ),
                _ => return Refusal::internal(error),
            },
            DbError::Sync => return sync_failed(),
            DbError::Postgres(e) if has_pg_code(e, &["53100"]) => unavailable(
                "disk_full",
                "The database server's disk is full. Nothing of this request was saved.",
                "数据库服务器磁盘已满，本次请求未保存任何内容。",
            ),
            DbError::Postgres(e) if has_pg_code(e, &["25006"]) => unavailable(
                "storage_read_only",
                "The database server is read-only at present.",
                "数据库服务器当前为只读。",
            ),
            DbError::Postgres(e) if has_pg_code(e, &["28P01", "28000", "3D000"]) => unavailable(
                "database_login",
                "The database server refused our login. Check the address in siyu.toml.",
                "数据库拒绝登录，请检查 siyu.toml 中的地址与账号。",
            ),
            _ if error.disconnected() => unavailable(
                "database_away",
                "The database server cannot be reached. Nothing of this request was saved; we reconnect by ourselves.",
                "数据库暂时无法连接，本次请求未保存任何内容；恢复后会自动重连。",
            ),
            _ if error.retryable() => unavailable(
                "storage_conflict",
                "Too many requests changed the same rows at once. Try again.",
                "同一数据被同时修改次数过多，请重试。",
            ),
            _ => return Refusal::internal(error),
        };
        refusal.because(error)
    }
}

/// True when running the same unit again may succeed.
pub fn is_retryable(refusal: &Refusal) -> bool {
    cause(refusal).is_some_and(DbError::retryable)
}
/// True while the database is away, or other units are in the way: waiting helps, and nothing else is needed. After `outcome_unknown`
/// the caller must look at what was saved before it goes on.
pub fn is_passing(refusal: &Refusal) -> bool {
    refusal.code == OUTCOME_UNKNOWN || is_disconnected(refusal) || is_retryable(refusal)
}

pub(crate) const OUTCOME_UNKNOWN: &str = "outcome_unknown";

pub(crate) fn outcome_unknown() -> Refusal {
    Refusal::new(
        Class::Unavailable,
        OUTCOME_UNKNOWN,
        "The connection to the database broke during the commit; it may or may not be saved. Repeat the request with the same ids.",
        "提交时数据库连接中断，结果未知；请用相同的编号重试。",
    )
}
pub(crate) fn sync_failed() -> Refusal {
    Refusal::new(
        Class::Unavailable,
        "sync_failed",
        "The disk failed while keeping what was written; it may or may not be saved. Nothing is accepted until the server has been started again: check the disk first.",
        "磁盘落盘失败，最近的写入可能未保存；请先检查磁盘，重启服务后才会继续接收写入。",
    )
}
pub(crate) fn is_disconnected(refusal: &Refusal) -> bool {
    cause(refusal).is_some_and(DbError::disconnected)
}
fn cause(refusal: &Refusal) -> Option<&DbError> {
    refusal.source.as_ref().and_then(|source| source.downcast_ref::<DbError>())
}

//! Values going in and rows coming out, the same for both engines.

use crate::DbError;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use siyu_kernel::Time;
use std::error::Error;

/// A bound value. Lists bind as an array on PostgreSQL and as JSON text on SQLite; see [`crate::Tx::any`].
#[derive(Clone, Copy, Debug)]
pub enum Param<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
    Ints(&'a [i64]),
    Texts(&'a [String]),
    /// PostgreSQL only: SQLite has no way to bind a list of bytes.
    Blobs(&'a [&'a [u8]]),
}

macro_rules! int_params { ($($t:ty),*) => { $(
    impl From<$t> for Param<'_> { fn from(v: $t) -> Self { Param::Int(i64::from(v)) } }
)* } }
int_params!(i64, i32, u32, u16, u8, bool);

impl From<f64> for Param<'_> {
    fn from(v: f64) -> Self {
        Param::Real(v)
    }
}
impl From<Time> for Param<'_> {
    fn from(v: Time) -> Self {
        Param::Int(v.0)
    }
}
impl<'a> From<&'a str> for Param<'a> {
    fn from(v: &'a str) -> Self {
        Param::Text(v)
    }
}
impl<'a> From<&'a String> for Param<'a> {
    fn from(v: &'a String) -> Self {
        Param::Text(v)
    }
}
impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(v: &'a [u8]) -> Self {
        Param::Blob(v)
    }
}
impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(v: &'a Vec<u8>) -> Self {
        Param::Blob(v)
    }
}
impl<'a, const N: usize> From<&'a [u8; N]> for Param<'a> {
    fn from(v: &'a [u8; N]) -> Self {
        Param::Blob(v)
    }
}
impl<'a> From<&'a [i64]> for Param<'a> {
    fn from(v: &'a [i64]) -> Self {
        Param::Ints(v)
    }
}
impl<'a> From<&'a Vec<i64>> for Param<'a> {
    fn from(v: &'a Vec<i64>) -> Self {
        Param::Ints(v)
    }
}
impl<'a> From<&'a [String]> for Param<'a> {
    fn from(v: &'a [String]) -> Self {
        Param::Texts(v)
    }
}
impl<'a> From<&'a Vec<String>> for Param<'a> {
    fn from(v: &'a Vec<String>) -> Self {
        Param::Texts(v)
    }
}
impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(v: Option<T>) -> Self {
        v.map_or(Param::Null, Into::into)
    }
}
impl<'a> From<&'a Option<String>> for Param<'a> {
    fn from(v: &'a Option<String>) -> Self {
        v.as_deref().map_or(Param::Null, Param::Text)
    }
}

/// `params![a, b]`: an array of [`Param`].
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Param::from($value)),*] as &[$crate::Param<'_>] };
}

pub(crate) fn bind_sqlite(statement: &mut rusqlite::CachedStatement<'_>, params: &[Param<'_>]) -> Result<(), DbError> {
    for (at, param) in params.iter().enumerate() {
        let at = at + 1;
        match param {
            Param::Null => statement.raw_bind_parameter(at, rusqlite::types::Null)?,
            Param::Int(v) => statement.raw_bind_parameter(at, v)?,
            Param::Real(v) => statement.raw_bind_parameter(at, v)?,
            Param::Text(v) => statement.raw_bind_parameter(at, v)?,
            Param::Blob(v) => statement.raw_bind_parameter(at, v)?,
            Param::Ints(v) => statement
                .raw_bind_parameter(at, serde_json::to_string(v).map_err(|e| DbError::Decode(e.to_string()))?)?,
            Param::Blobs(_) => return Err(DbError::Decode("lists of bytes cannot be bound on SQLite".into())),
            Param::Texts(v) => statement
                .raw_bind_parameter(at, serde_json::to_string(v).map_err(|e| DbError::Decode(e.to_string()))?)?,
        }
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Param::Null => Ok(IsNull::Yes),
            Param::Int(v) => match *ty {
                Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
                Type::INT2 => i16::try_from(*v)?.to_sql(ty, out),
                Type::FLOAT8 => (*v as f64).to_sql(ty, out),
                Type::BOOL => (*v != 0).to_sql(ty, out),
                _ => v.to_sql(ty, out),
            },
            Param::Real(v) => v.to_sql(ty, out),
            Param::Text(v) => v.to_sql(ty, out),
            Param::Blob(v) => v.to_sql(ty, out),
            Param::Ints(v) => v.to_sql(ty, out),
            Param::Texts(v) => v.to_sql(ty, out),
            Param::Blobs(v) => v.to_sql(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// A value of any type, for copying whole tables.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub fn as_param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Int(v) => Param::Int(*v),
            Self::Real(v) => Param::Real(*v),
            Self::Text(v) => Param::Text(v),
            Self::Blob(v) => Param::Blob(v),
        }
    }
}

/// One row of a result; columns by position, so that the text and its reader stand together.
#[derive(Clone, Copy)]
pub enum RowRef<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl RowRef<'_> {
    pub fn opt_int(&self, at: usize) -> Result<Option<i64>, DbError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => match *row.columns()[at].type_() {
                Type::INT4 => Ok(row.try_get::<_, Option<i32>>(at)?.map(i64::from)),
                Type::BOOL => Ok(row.try_get::<_, Option<bool>>(at)?.map(i64::from)),
                // SUM of BIGINT is NUMERIC on PostgreSQL: cast it in the text.
                _ => Ok(row.try_get(at)?),
            },
        }
    }
    pub fn opt_real(&self, at: usize) -> Result<Option<f64>, DbError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }
    pub fn opt_text(&self, at: usize) -> Result<Option<String>, DbError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }
    pub fn opt_blob(&self, at: usize) -> Result<Option<Vec<u8>>, DbError> {
        match self {
            Self::Sqlite(row) => Ok(row.get(at)?),
            Self::Postgres(row) => Ok(row.try_get(at)?),
        }
    }
    pub fn int(&self, at: usize) -> Result<i64, DbError> {
        self.opt_int(at)?.ok_or_else(|| DbError::Decode(format!("column {at} is null")))
    }
    pub fn real(&self, at: usize) -> Result<f64, DbError> {
        self.opt_real(at)?.ok_or_else(|| DbError::Decode(format!("column {at} is null")))
    }
    pub fn text(&self, at: usize) -> Result<String, DbError> {
        self.opt_text(at)?.ok_or_else(|| DbError::Decode(format!("column {at} is null")))
    }
    pub fn blob(&self, at: usize) -> Result<Vec<u8>, DbError> {
        self.opt_blob(at)?.ok_or_else(|| DbError::Decode(format!("column {at} is null")))
    }
    pub fn time(&self, at: usize) -> Result<Time, DbError> {
        self.int(at).map(Time)
    }
    pub fn opt_time(&self, at: usize) -> Result<Option<Time>, DbError> {
        Ok(self.opt_int(at)?.map(Time))
    }
    pub fn num(&self, at: usize) -> Result<u32, DbError> {
        u32::try_from(self.int(at)?).map_err(|_| DbError::Decode(format!("column {at} is no row number")))
    }
    pub fn flag(&self, at: usize) -> Result<bool, DbError> {
        Ok(self.int(at)? != 0)
    }
    pub fn value(&self, at: usize) -> Result<Value, DbError> {
        use rusqlite::types::ValueRef;
        Ok(match self {
            Self::Sqlite(row) => match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(v) => Value::Int(v),
                ValueRef::Real(v) => Value::Real(v),
                ValueRef::Text(v) => Value::Text(String::from_utf8_lossy(v).into_owned()),
                ValueRef::Blob(v) => Value::Blob(v.to_vec()),
            },
            Self::Postgres(row) => match *row.columns()[at].type_() {
                Type::BYTEA => self.opt_blob(at)?.map_or(Value::Null, Value::Blob),
                Type::FLOAT8 => self.opt_real(at)?.map_or(Value::Null, Value::Real),
                Type::INT8 | Type::INT4 | Type::BOOL => self.opt_int(at)?.map_or(Value::Null, Value::Int),
                _ => self.opt_text(at)?.map_or(Value::Null, Value::Text),
            },
        })
    }
    pub fn width(&self) -> usize {
        match self {
            Self::Sqlite(row) => row.as_ref().column_count(),
            Self::Postgres(row) => row.len(),
        }
    }
}

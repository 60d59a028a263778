//! Backup and restore in one portable form: all rows of all tables as of one instant, then the uploaded files that wait for their import.
//! It moves between the engines.

use crate::args::{Backup, Restore};
use crate::output;
use crate::workspace::Folder;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_api::imports::{SEALED, UPLOADS};
use siyu_db::{Db, Engine, OpenMode, Param, Tx, Value, params};
use siyu_intake::import::Hold;
use siyu_kernel::{Refusal, Vault, clocks};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

const MAGIC: &[u8; 8] = b"SIYUBAK2";
const TEXT_BYTES_MAX: usize = 1 << 30;
const ROWS_PER_UNIT: usize = 5_000;
const PIECE_BYTES: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Head {
    created_at: String,
    program: String,
    /// Schema steps of the database it was taken from.
    steps: Vec<String>,
    fingerprint: String,
    key: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TableHead {
    table: String,
    columns: Vec<String>,
}

/// An uploaded file, sealed as it lies on the disk.
#[derive(Serialize, Deserialize)]
struct FileHead {
    file: String,
}

/// What was written or read.
#[derive(Default)]
struct Count {
    rows: u64,
    files: u64,
}

fn failed(error: std::io::Error) -> Refusal {
    Refusal::new(
        siyu_kernel::Class::Unavailable,
        "backup_failed",
        format!("The backup could not be written or read: {error}."),
        format!("备份读写失败：{error}。"),
    )
    .because(error)
}
fn damaged() -> Refusal {
    Refusal::invalid(
        "backup_damaged",
        "This is no backup of Siyu, or it is damaged.",
        "该文件不是 Siyu 备份，或已损坏。",
    )
}

pub fn backup(args: &Backup, as_json: bool) -> Result<(), Refusal> {
    let folder = Folder::open(&args.place.data)?;
    let clock = clocks::system();
    let db = folder.open_db(OpenMode::Check, &*clock)?;
    let path = match &args.to {
        Some(path) => path.clone(),
        None => {
            let dir = folder.path.join("backups");
            std::fs::create_dir_all(&dir).map_err(failed)?;
            dir.join(format!("siyu-{}.backup", clock.now().millis()))
        }
    };
    let partial = path.with_extension("partial");
    let mut head = Head {
        created_at: clock.now().to_string(),
        program: env!("CARGO_PKG_VERSION").into(),
        steps: Vec::new(),
        fingerprint: folder.vault.fingerprint().into(),
        key: None,
    };
    if !args.without_key {
        head.key = Some(folder.vault.show_key());
    }
    let written = write_all(&db, &folder.path, &partial, head);
    if written.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    let Count { rows, files } = written?;
    std::fs::rename(&partial, &path).map_err(failed)?;
    let size = std::fs::metadata(&path).map_err(failed)?.len();
    if as_json {
        output::line(
            &json!({ "file": path, "rows": rows, "files": files, "bytes": size, "with_key": !args.without_key }),
        );
    }
    output::say(
        &format!(
            "已备份 {rows} 行到 {}（{} MB）。{}",
            path.display(),
            size >> 20,
            if args.without_key {
                "未含密钥，请另行保管 siyu.key。"
            } else {
                "其中包含密钥，请像对待数据本身一样保管。"
            }
        ),
        &format!(
            "{rows} rows were written to {} ({} MB). {}",
            path.display(),
            size >> 20,
            if args.without_key {
                "The key is not in it: keep siyu.key elsewhere."
            } else {
                "The key is in it: guard it like the data itself."
            }
        ),
    );
    Ok(())
}

fn write_all(db: &Db, folder: &Path, path: &Path, mut head: Head) -> Result<Count, Refusal> {
    let file = private_file(path)?;
    let mut out = zstd::Encoder::new(file, 3).map_err(failed)?;
    out.include_checksum(true).map_err(failed)?;
    let mut count = Count::default();
    db.read(|tx| {
        head.steps = tx.query("SELECT id FROM schema_migration ORDER BY applied_at, id", &[], |row| row.text(0))?;
        out.write_all(MAGIC).map_err(failed)?;
        put_json(&mut out, &head)?;
        for table in kept_tables(tx)? {
            let columns = columns(tx, &table)?;
            put_json(&mut out, &Some(TableHead { table: table.clone(), columns: columns.clone() }))?;
            let mut problem = None;
            tx.each(&format!("SELECT {} FROM {table}", columns.join(", ")), &[], |row| {
                let written = (0..columns.len()).try_for_each(|at| {
                    put_value(&mut out, &row.value(at)?).map_err(|e| siyu_db::DbError::Decode(e.to_string()))
                });
                count.rows += 1;
                if let Err(error) = written {
                    problem.get_or_insert(error);
                }
                Ok(())
            })?;
            if let Some(error) = problem {
                return Err(failed(std::io::Error::other(error.to_string())));
            }
            out.write_all(&[END]).map_err(failed)?;
        }
        put_json(&mut out, &None::<TableHead>)?;
        for name in uploads(tx)? {
            count.files += u64::from(write_file(&mut out, folder, &name)?);
        }
        put_json(&mut out, &None::<FileHead>)?;
        Ok(())
    })?;
    out.finish().and_then(|file| file.sync_all()).map_err(failed)?;
    Ok(count)
}

/// The files that an import has yet to read, or may have to read again.
fn uploads(tx: &mut Tx<'_>) -> Result<Vec<String>, Refusal> {
    let paths = tx.query("SELECT path FROM import_job WHERE path IS NOT NULL ORDER BY num", &[], |row| row.text(0))?;
    Ok(uploads_of(&paths))
}
fn uploads_of(paths: &[String]) -> Vec<String> {
    let names = paths.iter().filter_map(|path| siyu_api::imports::upload_name(path));
    names.filter(|name| is_upload(name)).map(str::to_owned).collect()
}
fn is_upload(name: &str) -> bool {
    name.strip_suffix(SEALED).is_some_and(|stem| !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// False when the file is gone: its import ended since the rows were read.
fn write_file(out: &mut impl Write, folder: &Path, name: &str) -> Result<bool, Refusal> {
    let mut file = match File::open(folder.join(UPLOADS).join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    put_json(out, &Some(FileHead { file: name.to_owned() }))?;
    loop {
        let mut piece = Vec::new();
        (&mut file).take(PIECE_BYTES).read_to_end(&mut piece).map_err(failed)?;
        if piece.is_empty() {
            break;
        }
        put_value(out, &Value::Blob(piece)).map_err(failed)?;
    }
    out.write_all(&[END]).map_err(failed)?;
    Ok(true)
}

fn private_file(path: &Path) -> Result<File, Refusal> {
    use std::os::unix::fs::OpenOptionsExt;
    let _ = std::fs::remove_file(path);
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)
}

/// Those with something of their own: the rest is made anew at the first start, and is not the same on both engines.
fn kept_tables(tx: &mut Tx<'_>) -> Result<Vec<String>, Refusal> {
    let derived = [siyu_people::DERIVED_TABLES, siyu_projection::DERIVED_TABLES].concat();
    let mut tables = tables(tx)?;
    tables.retain(|table| !derived.contains(&table.as_str()));
    Ok(tables)
}

/// In the order they were made, so that a table comes after those it refers to.
fn tables(tx: &mut Tx<'_>) -> Result<Vec<String>, Refusal> {
    let sql = match tx.engine() {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migration' ORDER BY rowid"
        }
        Engine::Postgres => {
            "SELECT CAST(c.relname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname <> 'schema_migration' ORDER BY c.oid"
        }
    };
    Ok(tx.query(sql, &[], |row| row.text(0))?)
}
fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<String>, Refusal> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    Ok(tx.query(sql, params![table], |row| row.text(0))?)
}

pub fn restore(args: &Restore, as_json: bool) -> Result<(), Refusal> {
    let file = File::open(&args.file).map_err(failed)?;
    let mut input = BufReader::new(zstd::Decoder::new(file).map_err(failed)?);
    let mut magic = [0; 8];
    input.read_exact(&mut magic).map_err(|_| damaged())?;
    if &magic != MAGIC {
        return Err(damaged());
    }
    let head: Head = get_json(&mut input)?;
    let key = match (&head.key, &args.key) {
        (_, Some(path)) => std::fs::read_to_string(path).map_err(failed)?,
        (Some(key), None) => key.clone(),
        (None, None) => {
            return Err(Refusal::invalid(
                "key_needed",
                "This backup was taken without its key; give the key file with --key.",
                "该备份不含密钥，请用 --key 指定密钥文件。",
            )
            .field("key"));
        }
    };
    let vault = Vault::parse_key(&key).map_err(|_| damaged())?;
    if vault.fingerprint() != head.fingerprint {
        return Err(Refusal::invalid("key_wrong", "This key does not belong to the backup.", "该密钥与备份不匹配。")
            .field("key"));
    }
    let known = siyu_api::migrations();
    let mine = |step: &String| step.starts_with("db/") || known.iter().any(|own| own.id == step);
    if let Some(step) = head.steps.iter().find(|step| !mine(step)) {
        return Err(Refusal::new(
            siyu_kernel::Class::Unavailable,
            "schema_newer",
            format!("A newer program wrote this backup (step {step}). Use that version."),
            format!("该备份由更新版本写入（步骤 {step}），请使用该版本恢复。"),
        ));
    }
    let existed = args.place.data.exists();
    let folder = Folder::create(&args.place.data, args.postgres.as_deref(), &args.schema, Some(vault))?;
    let Count { rows, files } = load(&folder, &head, &mut input).inspect_err(|_| folder.unmake(existed))?;
    // What came after the backup's schema is applied now, as at any start.
    let db = folder.open_db(OpenMode::Migrate, &*clocks::system())?;
    let people =
        db.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM person WHERE root = num AND state = 0", &[], |row| row.int(0))?))?;
    if as_json {
        output::line(&json!({ "rows": rows, "files": files, "people": people, "taken_at": head.created_at }));
    }
    output::say(
        &format!("已恢复 {rows} 行，{people} 位客户（备份于 {}）。", head.created_at),
        &format!("{rows} rows and {people} people are back (taken at {}).", head.created_at),
    );
    Ok(())
}

fn load(folder: &Folder, head: &Head, input: &mut impl Read) -> Result<Count, Refusal> {
    let db = Db::open(folder.db_config().only(&head.steps), &*clocks::system())?;
    let filled = db.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM setting", &[], |row| row.int(0))?))?;
    if filled > 0 {
        return Err(Refusal::conflict(
            "workspace_exists",
            "The database holds a workspace already; restore into an empty one.",
            "该数据库中已有工作区，请恢复到空库。",
        ));
    }
    let loaded = load_rows(&db, input).and_then(|rows| Ok(Count { rows, files: load_files(&folder.path, input)? }));
    if loaded.is_err() {
        // On a server nothing else would take the half of it away.
        let _ = db.transact(empty);
    }
    let count = loaded?;
    // Imports that ran when the backup was taken run nowhere: the next start finds them without a holder.
    let running =
        db.read(|tx| Ok(tx.query("SELECT id FROM import_job WHERE state = 'running'", &[], |row| row.text(0))?))?;
    running.iter().try_for_each(|id| Hold::leave(&folder.path, id))?;
    Ok(count)
}

fn empty(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    for table in tables(tx)?.into_iter().rev().chain(["schema_migration".to_owned()]) {
        tx.script(&format!("DROP TABLE {table}"))?;
    }
    Ok(())
}

fn load_files(folder: &Path, input: &mut impl Read) -> Result<u64, Refusal> {
    let mut files = 0;
    while let Some(FileHead { file: name }) = get_json::<Option<FileHead>>(input)? {
        if !is_upload(&name) {
            return Err(damaged());
        }
        std::fs::create_dir_all(folder.join(UPLOADS)).map_err(failed)?;
        let mut file = private_file(&folder.join(UPLOADS).join(name))?;
        loop {
            match get_value(input)? {
                Some(Value::Blob(piece)) => file.write_all(&piece).map_err(failed)?,
                Some(_) => return Err(damaged()),
                None => break,
            }
        }
        file.sync_all().map_err(failed)?;
        files += 1;
    }
    // The checksum of the whole comes last.
    match input.read(&mut [0]) {
        Ok(0) => Ok(files),
        _ => Err(damaged()),
    }
}

fn load_rows(db: &Db, input: &mut impl Read) -> Result<u64, Refusal> {
    let mut total = 0;
    while let Some(head) = get_json::<Option<TableHead>>(input)? {
        let plain = |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !plain(&head.table) || !head.columns.iter().all(plain) {
            return Err(damaged());
        }
        let table = head.table.clone();
        db.transact(move |tx| Ok(tx.execute(&format!("DELETE FROM {table}"), &[])?))?;
        loop {
            let rows = read_rows(input, head.columns.len())?;
            let last = rows.len() < ROWS_PER_UNIT;
            total += rows.len() as u64;
            let (table, columns) = (head.table.clone(), head.columns.clone());
            db.transact(move |tx| insert(tx, &table, &columns, &rows))?;
            if last {
                break;
            }
        }
        if db.engine() == Engine::Postgres {
            let table = head.table.clone();
            db.transact(move |tx| reset_sequences(tx, &table))?;
        }
    }
    Ok(total)
}

/// Up to a unit's worth of rows; fewer means that the table ended.
fn read_rows(input: &mut impl Read, width: usize) -> Result<Vec<Vec<Value>>, Refusal> {
    let mut rows = Vec::new();
    while rows.len() < ROWS_PER_UNIT {
        let mut row = Vec::with_capacity(width);
        for at in 0..width {
            match get_value(input)? {
                Some(value) => row.push(value),
                None if at == 0 => return Ok(rows),
                None => return Err(damaged()),
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

fn insert(tx: &mut Tx<'_>, table: &str, columns: &[String], rows: &[Vec<Value>]) -> Result<(), Refusal> {
    let per_statement = if tx.engine() == Engine::Postgres { (30_000 / columns.len().max(1)).clamp(1, 500) } else { 1 };
    for chunk in rows.chunks(per_statement) {
        let tuple = |row: usize| {
            format!(
                "({})",
                (1..=columns.len()).map(|at| format!("${}", row * columns.len() + at)).collect::<Vec<_>>().join(",")
            )
        };
        let values: Vec<String> = (0..chunk.len()).map(tuple).collect();
        let params: Vec<Param<'_>> = chunk.iter().flatten().map(Value::as_param).collect();
        tx.execute(&format!("INSERT INTO {table} ({}) VALUES {}", columns.join(", "), values.join(",")), &params)?;
    }
    Ok(())
}

fn reset_sequences(tx: &mut Tx<'_>, table: &str) -> Result<(), Refusal> {
    let identity = tx.query("SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'", params![table], |row| row.text(0))?;
    for column in identity {
        tx.each(&format!("SELECT setval(pg_get_serial_sequence('{table}', '{column}'), COALESCE((SELECT MAX({column}) FROM {table}), 0) + 1, false)"), &[], |_| Ok(()))?;
    }
    Ok(())
}

const END: u8 = 0xff;

fn put_value(out: &mut impl Write, value: &Value) -> std::io::Result<()> {
    let mut bytes = |tag: u8, body: &[u8]| {
        out.write_all(&[tag])?;
        out.write_all(&(body.len() as u32).to_le_bytes())?;
        out.write_all(body)
    };
    match value {
        Value::Null => out.write_all(&[0]),
        Value::Int(v) => out.write_all(&[1]).and_then(|()| out.write_all(&v.to_le_bytes())),
        Value::Real(v) => out.write_all(&[2]).and_then(|()| out.write_all(&v.to_le_bytes())),
        Value::Text(v) => bytes(3, v.as_bytes()),
        Value::Blob(v) => bytes(4, v),
    }
}

fn get_value(input: &mut impl Read) -> Result<Option<Value>, Refusal> {
    let eight = |input: &mut dyn Read| -> Result<[u8; 8], Refusal> {
        let mut word = [0; 8];
        input.read_exact(&mut word).map_err(|_| damaged())?;
        Ok(word)
    };
    let mut tag = [0];
    input.read_exact(&mut tag).map_err(|_| damaged())?;
    Ok(Some(match tag[0] {
        END => return Ok(None),
        0 => Value::Null,
        1 => Value::Int(i64::from_le_bytes(eight(input)?)),
        2 => Value::Real(f64::from_le_bytes(eight(input)?)),
        3 => Value::Text(String::from_utf8(get_bytes(input)?).map_err(|_| damaged())?),
        4 => Value::Blob(get_bytes(input)?),
        _ => return Err(damaged()),
    }))
}

fn get_bytes(input: &mut impl Read) -> Result<Vec<u8>, Refusal> {
    let mut len = [0; 4];
    input.read_exact(&mut len).map_err(|_| damaged())?;
    let len = u32::from_le_bytes(len) as usize;
    if len > TEXT_BYTES_MAX {
        return Err(damaged());
    }
    let mut body = Vec::new();
    input.take(len as u64).read_to_end(&mut body).map_err(|_| damaged())?;
    if body.len() == len { Ok(body) } else { Err(damaged()) }
}
fn put_json(out: &mut impl Write, value: &impl Serialize) -> Result<(), Refusal> {
    let text = serde_json::to_string(value).map_err(Refusal::internal)?;
    put_value(out, &Value::Text(text)).map_err(failed)
}
fn get_json<T: serde::de::DeserializeOwned>(input: &mut impl Read) -> Result<T, Refusal> {
    match get_value(input)? {
        Some(Value::Text(text)) => serde_json::from_str(&text).map_err(|_| damaged()),
        _ => Err(damaged()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_upload_is_known_by_its_name_alone() {
        let paths = ["0a1b.sealed", "/moved/from/uploads/2c3d.sealed", "/home/ann/people.csv", "/x/notes.sealed"];
        assert_eq!(super::uploads_of(&paths.map(str::to_owned)), ["0a1b.sealed", "2c3d.sealed"]);
    }
}

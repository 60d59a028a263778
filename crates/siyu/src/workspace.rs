//! The data folder: what lies where, and opening all of it.

use serde::Deserialize;
use siyu_access::Access;
use siyu_api::{App, Config, Parts, Workspace};
use siyu_audience::{Ctx, Lang, Live};
use siyu_db::{Db, DbConfig, OpenMode, params};
use siyu_guides::Guides;
use siyu_insight::Insight;
use siyu_intake::Intake;
use siyu_kernel::{Chance, Class, Clock, Currency, Refusal, Vault, Zone, clocks};
use siyu_log::Log;
use siyu_people::People;
use siyu_projection::{Limits, Projection, Setup};
use siyu_webhook::{Webhooks, Wiring};
use siyu_wecom::{Sleep, Wait};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const CONFIG: &str = "siyu.toml";
const KEY: &str = "siyu.key";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct File {
    database: Database,
    behaviour: Behaviour,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Behaviour {
    /// Events of the behaviour columns held in memory before they are written to files.
    tail_events: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Database {
    postgres: Option<String>,
    schema: Option<String>,
}

pub struct Folder {
    pub path: PathBuf,
    pub vault: Vault,
    database: Database,
    behaviour: Behaviour,
}

fn unavailable(code: &'static str, en: String, zh: String) -> Refusal {
    Refusal::new(Class::Unavailable, code, en, zh)
}
fn cannot(path: &Path, error: std::io::Error) -> Refusal {
    unavailable(
        "data_folder",
        format!("Cannot use {}: {error}. Check its owner, permissions and the free space.", path.display()),
        format!("无法使用 {}：{error}。请检查属主、权限与剩余空间。", path.display()),
    )
    .because(error)
}

/// Writes a file that only its owner may read, and syncs it.
pub fn write_private(path: &Path, text: &str) -> Result<(), Refusal> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| cannot(path, error))
}

impl Folder {
    pub fn exists(path: &Path) -> bool {
        // A folder that cannot be looked into is no empty one: opening it says why. What is no folder holds nothing.
        path.join(KEY).try_exists().unwrap_or_else(|error| error.kind() != std::io::ErrorKind::NotADirectory)
    }
    /// Makes the folder with a new key (or a given one) and a commented configuration.
    pub fn create(path: &Path, postgres: Option<&str>, schema: &str, vault: Option<Vault>) -> Result<Self, Refusal> {
        if Self::exists(path) {
            return Err(Refusal::conflict(
                "workspace_exists",
                format!("{} holds a workspace already.", path.display()),
                format!("{} 中已有工作区。", path.display()),
            ));
        }
        fs::create_dir_all(path).map_err(|error| cannot(path, error))?;
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|error| cannot(path, error))?;
        let vault = vault.unwrap_or_else(Vault::generate);
        let text = config_text(postgres, schema);
        let _ = fs::remove_file(path.join(CONFIG));
        write_private(&path.join(CONFIG), &text)?;
        write_private(&path.join(KEY), &format!("{}\n", vault.show_key()))?;
        Self::open(path)
    }
    /// Takes back what [`Folder::create`] and a first open made; a folder that was there before (`existed`) keeps what it held.
    pub fn unmake(&self, existed: bool) {
        for name in [KEY, CONFIG, "workspace.db", "workspace.db-wal", "workspace.db-shm"] {
            let _ = fs::remove_file(self.path.join(name));
        }
        if !existed {
            let _ = fs::remove_dir_all(self.path.join(siyu_api::imports::UPLOADS));
            let _ = fs::remove_dir(&self.path);
        }
    }
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        if !Self::exists(path) {
            return Err(Refusal::not_found(
                "workspace_missing",
                format!(
                    "There is no workspace in {}. Make one with `siyu init --data {0} …`, or look at `siyu demo`.",
                    path.display()
                ),
                format!("{} 中没有工作区，请先运行 siyu init --data {0} …，或用 siyu demo 体验。", path.display()),
            ));
        }
        let key = fs::read_to_string(path.join(KEY)).map_err(|error| cannot(&path.join(KEY), error))?;
        let vault = Vault::parse_key(&key).map_err(|error| {
            unavailable(
                "key_damaged",
                "The key file siyu.key is damaged. Put the original back; without it the data cannot be read.".into(),
                "密钥文件 siyu.key 已损坏，请恢复原文件，否则数据无法读取。".into(),
            )
            .because(error)
        })?;
        let text = match fs::read_to_string(path.join(CONFIG)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(cannot(&path.join(CONFIG), error)),
        };
        let file: File = toml::from_str(&text).map_err(|error| {
            unavailable(
                "config_invalid",
                format!("siyu.toml cannot be read: {}", error.message()),
                format!("siyu.toml 无法解析：{}", error.message()),
            )
            .because(error)
        })?;
        Ok(Self {
            path: fs::canonicalize(path).map_err(|error| cannot(path, error))?,
            vault,
            database: file.database,
            behaviour: file.behaviour,
        })
    }
    pub fn db_config(&self) -> DbConfig {
        let config = match &self.database.postgres {
            Some(url) => DbConfig::postgres(url, self.database.schema.as_deref().unwrap_or("siyu")),
            None => DbConfig::sqlite(&self.path.join("workspace.db"), &self.path.join("backups")),
        };
        config.with(&siyu_api::migrations())
    }
    pub fn open_db(&self, mode: OpenMode, clock: &dyn Clock) -> Result<Db, Refusal> {
        let db = Db::open(self.db_config().mode(mode), clock)?;
        self.check_key(&db)?;
        Ok(db)
    }
    /// The database remembers which key it was sealed with: a wrong key file is told at once, not by unreadable customers.
    fn check_key(&self, db: &Db) -> Result<(), Refusal> {
        let own = self.vault.fingerprint().to_owned();
        let known = db.read(|tx| {
            Ok(tx.opt("SELECT value FROM setting WHERE name = 'vault.fingerprint'", &[], |row| row.text(0))?)
        })?;
        match known {
            Some(known) if known == own => Ok(()),
            Some(_) => Err(unavailable("key_wrong", "The key file siyu.key does not belong to this database. Put the right one back.".into(), "密钥文件 siyu.key 与该数据库不匹配，请放回正确的密钥文件。".into())),
            None => db.transact(move |tx| Ok(tx.execute("INSERT INTO setting (name, value) VALUES ('vault.fingerprint', $1) ON CONFLICT (name) DO NOTHING", params![&own])?)).map(drop),
        }
    }
    /// Everything, ready to serve or to work on.
    pub fn open_all(&self, mode: OpenMode, behind_proxy: bool) -> Result<Open, Refusal> {
        self.open_in(mode, behind_proxy, clocks::system(), Arc::new(Sleep))
    }
    /// As [`Folder::open_all`], in another time: `wait` is how that time passes for calls of WeCom that have to pause.
    pub fn open_in(
        &self,
        mode: OpenMode,
        behind_proxy: bool,
        clock: Arc<dyn Clock>,
        wait: Arc<dyn Wait>,
    ) -> Result<Open, Refusal> {
        let db = self.open_db(mode, &*clock)?;
        let chance = Arc::new(Chance::from_entropy());
        let settings = db.read(|tx| Ok(Workspace::load(tx)?))?;
        let currency = Currency::parse(&settings.currency).unwrap_or(Currency::CNY);
        let log = Log::open(&db, self.vault.clone(), Arc::clone(&clock))?;
        let people = People::open(&db, self.vault.clone(), log.clone(), Arc::clone(&chance))?;
        let intake = Intake::open(&db, self.vault.clone(), log.clone(), people.clone(), Arc::clone(&chance), currency)?;
        let zone = Zone::named(&settings.timezone).unwrap_or_else(|_| Zone::shanghai());
        let setup = Setup {
            db: db.clone(),
            log: log.clone(),
            people: people.clone(),
            clock: Arc::clone(&clock),
            chance: Arc::clone(&chance),
            folder: self.path.join("behaviour"),
            zone,
            currency,
        };
        let projection = match self.behaviour.tail_events {
            Some(events) => Projection::within(setup, Limits { tail_rows: events.max(1), ..Limits::default() }),
            None => Projection::new(setup),
        };
        let audience = siyu_api::audience(&people, &log, &projection);
        let live = Arc::new(Live::new(audience.clone(), db.clone()));
        let insight = Insight::new(people.clone(), audience.clone());
        let access = Access::new(db.clone(), Arc::clone(&chance));
        let leads = siyu_leads::Leads::new(
            db.clone(),
            self.vault.clone(),
            log.clone(),
            people.clone(),
            Arc::clone(&chance),
            Arc::clone(&clock),
        );
        let contacts =
            siyu_api::contacts(&db, &self.vault, &log, &people, &intake, &leads, &chance, &clock, Arc::clone(&wait));
        let reach = siyu_api::reach(&db, &self.vault, &log, &people, &contacts, &chance, &clock, wait);
        let channels = siyu_api::channels(&db, &self.vault, &log, &people, &contacts, &chance, &clock);
        let guides = Guides::new(
            db.clone(),
            self.vault.clone(),
            log.clone(),
            people.clone(),
            contacts.clone(),
            Arc::clone(&chance),
            Arc::clone(&clock),
            Arc::new(siyu_plays::Echo),
        );
        let wires = Arc::new(siyu_carriers::Network::default());
        let carriers = siyu_api::carriers(&db, &self.vault, &log, &people, &guides, wires, &chance, &clock);
        let direct = siyu_api::direct_through(&db, &self.vault, &log, &people, &reach, &clock, &carriers);
        let hooks = Webhooks::new(Wiring::new(Arc::clone(&clock)));
        let (plays, journeys) = siyu_api::journeys(
            &db,
            &self.vault,
            &log,
            &people,
            &contacts,
            &audience,
            &reach,
            &direct,
            &guides,
            Arc::new(hooks),
            &chance,
            &clock,
        );
        let config = Config { behind_proxy, ..Config::default() };
        let app = App::new(Parts {
            db,
            log,
            vault: self.vault.clone(),
            clock,
            chance,
            access,
            people,
            contacts,
            reach,
            direct,
            channels,
            guides,
            leads,
            plays,
            journeys,
            carriers,
            intake,
            projection,
            audience,
            live,
            insight,
            folder: self.path.clone(),
            config,
        });
        Ok(Open { app })
    }
}

/// An open workspace.
pub struct Open {
    pub app: App,
}

impl Open {
    /// One step of what is due for the look-ups; false when nothing is, or another process does it.
    pub fn compact(&self, holder: &str) -> Result<bool, Refusal> {
        let app = &self.app;
        let log = app.log.compact(&app.db, holder)?;
        Ok(app.people.compact(&app.db, holder, &*app.clock)? || log)
    }
    pub fn settings(&self) -> Result<Workspace, Refusal> {
        self.app.db.read(|tx| Ok(Workspace::load(tx)?))
    }
    pub fn zone(&self) -> Result<Zone, Refusal> {
        Ok(Zone::named(&self.settings()?.timezone).unwrap_or_else(|_| Zone::shanghai()))
    }
    pub fn ctx(&self) -> Result<Ctx, Refusal> {
        let settings = self.settings()?;
        let lang = if settings.locale == siyu_access::Locale::Zh { Lang::Zh } else { Lang::En };
        Ok(Ctx { now: self.app.now(), zone: self.zone()?, currency: self.app.intake.currency(), lang })
    }
}

fn config_text(postgres: Option<&str>, schema: &str) -> String {
    let database = match postgres {
        Some(url) => format!("postgres = {}\nschema = {}\n", toml::Value::from(url), toml::Value::from(schema)),
        None => "# postgres = \"postgres://user:password@host/database\"\n# schema = \"siyu\"\n".to_owned(),
    };
    format!(
        "# Siyu workspace. Everything of this brand lies in this folder; keep siyu.key safe and apart from backups.\n\n[database]\n# Without `postgres` the data is one SQLite file, workspace.db, beside this one.\n{database}"
    )
}

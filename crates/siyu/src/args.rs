//! The command line, declared once: parser, help and completion come from here.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Parser)]
#[command(
    name = "siyu",
    version,
    about = "Siyu 私域: own your customer relationships.",
    long_about = "Siyu takes raw customer data in, finds out who is who, and serves the console and the API, from one data folder.\n\nA first look:      siyu demo --data ./demo\nYour own brand:    siyu init --data ./brand --name NAME --admin EMAIL --password PASSWORD\n                   siyu serve --data ./brand --listen 127.0.0.1:8080"
)]
pub struct Cli {
    /// Answers for machines: one JSON object on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Make a workspace: folder, key file, database, first user.
    Init(Init),
    /// Serve console, API and tracking.
    Serve(Serve),
    /// Keys for programs.
    Key(Key),
    /// Bring a file in: CSV, XLSX, JSONL or Parquet, also gzip or zstd.
    Import(Import),
    /// Write everything into one file, from a running workspace too.
    Backup(Backup),
    /// Make a workspace from a backup. Also moves between SQLite and PostgreSQL.
    Restore(Restore),
    /// Bring the database up to this program (with an automatic backup before).
    Migrate(Place),
    /// Make everything derived anew from the log, the identities and the books.
    Rebuild(Place),
    /// Ask a question about what people did, and print the answer as JSON. Works beside a running server.
    Query(Query),
    /// Check the installation and say what to change.
    Doctor(Place),
    /// Start with a demo brand: one that grows in a simulated WeCom, or a real retail data set.
    Demo(Demo),
    /// Serve a simulated WeCom with simulated people, to try things against (docs/sandbox.md).
    Sandbox(Sandbox),
    /// Try sending policies on simulated people (docs/lab.md).
    Lab(Lab),
    /// Connect a WeCom corporation, see how it is doing, read everything it has (docs/wecom.md).
    Wecom(Wecom),
    /// What comes back of mail (docs/mail-sms-accounts.md).
    Mail(Mail),
}

#[derive(Args)]
pub struct Mail {
    #[command(subcommand)]
    pub command: MailCommand,
}

#[derive(Subcommand)]
pub enum MailCommand {
    /// Read one raw mail of the mailbox for bounces from standard input. What is no report of ours is passed over, so that a mail server's pipe does not bounce it.
    Report(Place),
}

#[derive(Args)]
pub struct Lab {
    #[command(subcommand)]
    pub command: LabCommand,
}

#[derive(Subcommand)]
pub enum LabCommand {
    /// No cap, a fixed cap and the fatigue budget on the same people: revenue, messages, mutes and leavers of each.
    Fatigue(LabFatigue),
}

#[derive(Args)]
pub struct LabFatigue {
    /// Worlds for each policy: at least 2, as an interval needs that.
    #[arg(long, default_value_t = 10)]
    pub seeds: u64,
    /// The first of the seeds.
    #[arg(long, default_value_t = 1)]
    pub first_seed: u64,
    #[arg(long, default_value_t = 180)]
    pub days: i64,
    /// People within the brand's reach.
    #[arg(long, default_value_t = 2_000)]
    pub people: usize,
}

#[derive(Args)]
pub struct Wecom {
    #[command(subcommand)]
    pub command: WecomCommand,
}

#[derive(Subcommand)]
pub enum WecomCommand {
    /// Set the credentials, or change some of them, and ask WeCom whether they are right.
    Connect(Box<WecomConnect>),
    /// What is connected, what waits, what is wrong.
    Status(Place),
    /// Read everything WeCom has and compare. Goes on where an interrupted one stopped.
    Sync(Place),
}

#[derive(Args)]
pub struct WecomConnect {
    #[command(flatten)]
    pub place: Place,
    /// 企业 ID
    #[arg(long)]
    pub corp_id: Option<String>,
    /// 应用 AgentId
    #[arg(long)]
    pub agent_id: Option<i64>,
    /// 应用 Secret
    #[arg(long, env = "SIYU_WECOM_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
    /// 客户联系 Secret, only when the app may not call these APIs itself.
    #[arg(long, env = "SIYU_WECOM_CUSTOMER_SECRET", hide_env_values = true)]
    pub customer_secret: Option<String>,
    /// 通讯录同步 Secret
    #[arg(long, env = "SIYU_WECOM_CONTACTS_SECRET", hide_env_values = true)]
    pub contacts_secret: Option<String>,
    /// 回调 Token
    #[arg(long)]
    pub callback_token: Option<String>,
    /// 回调 EncodingAESKey
    #[arg(long, env = "SIYU_WECOM_CALLBACK_KEY", hide_env_values = true)]
    pub callback_key: Option<String>,
    /// Where WeCom's API is: https, or http on this machine. WeCom's own address when never set.
    #[arg(long)]
    pub base: Option<String>,
    /// Read corp_id, agent_id, secret, contacts_secret, customer_secret, callback_token and callback_key from a JSON file; `-` is standard input.
    #[arg(long)]
    pub from: Option<PathBuf>,
}

#[derive(Args)]
pub struct Place {
    /// The workspace's folder.
    #[arg(long, env = "SIYU_DATA")]
    pub data: PathBuf,
}

#[derive(Args)]
pub struct Init {
    #[command(flatten)]
    pub place: Place,
    /// The brand's name.
    #[arg(long)]
    pub name: String,
    /// E-mail of the first user, the owner.
    #[arg(long)]
    pub admin: String,
    /// At least 10 characters.
    #[arg(long, env = "SIYU_PASSWORD", hide_env_values = true)]
    pub password: String,
    /// Days and weeks are those of this zone.
    #[arg(long, default_value = "Asia/Shanghai")]
    pub timezone: String,
    /// Currency of amounts that name none.
    #[arg(long, default_value = "CNY")]
    pub currency: String,
    /// Keep the data in this PostgreSQL (15 or newer) instead of a file: postgres://user:password@host/database
    #[arg(long, env = "SIYU_POSTGRES", hide_env_values = true)]
    pub postgres: Option<String>,
    /// PostgreSQL only: the schema that holds this workspace.
    #[arg(long, default_value = "siyu")]
    pub schema: String,
}

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    pub place: Place,
    /// Address and port.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Believe the X-Forwarded headers of a proxy in front of this server.
    #[arg(long)]
    pub behind_proxy: bool,
    /// Log lines: text or json.
    #[arg(long, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What to log, as in `info` or `warn,siyu_api=debug`.
    #[arg(long, env = "SIYU_LOG", default_value = "info")]
    pub log: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args)]
pub struct Key {
    #[command(subcommand)]
    pub command: KeyCommand,
}

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Make a key and print its secret, this once.
    Create {
        #[command(flatten)]
        place: Place,
        /// write: sends events. api: reads and changes, as its role allows.
        #[arg(long, value_enum)]
        kind: KeyKind,
        #[arg(long, default_value = "cli")]
        name: String,
        /// Role of an api key: owner, operator, analyst, store_manager, guide, read_only.
        #[arg(long)]
        role: Option<String>,
    },
    /// List keys (never their secrets).
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a key.
    Revoke {
        #[command(flatten)]
        place: Place,
        id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum KeyKind {
    Write,
    Api,
}

#[derive(Args)]
pub struct Import {
    #[arg(value_enum)]
    pub kind: ImportKind,
    pub file: PathBuf,
    #[command(flatten)]
    pub place: Place,
    /// field=column, for example order_no=订单号 or person.phone=手机. May be repeated. None: as the column names suggest.
    #[arg(long, num_args = 1.., value_name = "FIELD=COLUMN")]
    pub map: Vec<String>,
    /// Read and check every row, write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Zone of times that state none; the workspace's when absent.
    #[arg(long)]
    pub timezone: Option<String>,
    /// Currency of amounts that state none; the workspace's when absent.
    #[arg(long)]
    pub currency: Option<String>,
    /// Instead of what is detected, such as gb18030.
    #[arg(long)]
    pub encoding: Option<String>,
    /// Instead of what is detected.
    #[arg(long)]
    pub delimiter: Option<char>,
    /// Sheet of a workbook; the first one when absent.
    #[arg(long)]
    pub sheet: Option<String>,
    /// People only: put them into the pool of leads, too.
    #[arg(long)]
    pub leads: bool,
    /// The code of the channel these leads came by.
    #[arg(long, requires = "leads")]
    pub channel: Option<String>,
    /// Write the rows that were not taken to this CSV file.
    #[arg(long)]
    pub errors: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum ImportKind {
    People,
    Events,
    Orders,
    Products,
}

#[derive(Args)]
pub struct Query {
    /// funnel, retention, attribution, segment, rfm, paths, distribution, interval, trend, activity, cohort_value, touchpoints, lifecycle, assets, stores or guides.
    pub kind: String,
    /// The question, as docs/analysis.md describes it; `-` reads standard input.
    pub spec: PathBuf,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Args)]
pub struct Backup {
    #[command(flatten)]
    pub place: Place,
    /// Where to write; a dated file in the workspace's backups folder when absent.
    #[arg(long)]
    pub to: Option<PathBuf>,
    /// Leave the key file out. Without the key nobody can read the backup: keep it elsewhere.
    #[arg(long)]
    pub without_key: bool,
}

#[derive(Args)]
pub struct Restore {
    pub file: PathBuf,
    #[command(flatten)]
    pub place: Place,
    /// Into this PostgreSQL instead of a file.
    #[arg(long, env = "SIYU_POSTGRES", hide_env_values = true)]
    pub postgres: Option<String>,
    #[arg(long, default_value = "siyu")]
    pub schema: String,
    /// The key file, for a backup that was taken without it.
    #[arg(long)]
    pub key: Option<PathBuf>,
}

#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Make the demo brand and stop, without serving.
    #[arg(long)]
    pub no_serve: bool,
    /// Grows for another process and ends with it.
    #[arg(long, hide = true, requires = "no_serve")]
    pub growing: bool,
    /// A brand that grows in a simulated WeCom, or a real retail data set.
    #[arg(long, value_enum, default_value = "grown")]
    pub sample: Sample,
    /// The same seed gives the same brand, people and purchases. What is already in the folder keeps its own.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// small, city or chain.
    #[arg(long, default_value = "small")]
    pub scale: String,
    /// How many days the brand has lived when the console opens.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sample {
    Grown,
    Retail,
}

#[derive(Args)]
pub struct Sandbox {
    #[arg(long, default_value = "127.0.0.1:9090")]
    pub listen: String,
    /// The same seed gives the same world.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// small, city or chain.
    #[arg(long, default_value = "small")]
    pub scale: String,
    /// Bad manners with their rates: duplicate=0.1,late=0.05,lost=0.01 … or `bad` for some of each.
    #[arg(long, default_value = "")]
    pub faults: String,
    /// The world's clock stands until it is moved over `/sandbox/advance`.
    #[arg(long)]
    pub standing: bool,
    /// Serve on an address that others can reach, and answer requests for any host. Whoever can reach it commands the world.
    #[arg(long)]
    pub public: bool,
}

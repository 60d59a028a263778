//! Why a file cannot be read or written as a whole.

use std::io;

use crate::sentence::{shorten, size};

/// A fault that ends the reading or writing. `code()` is stable; `zh()` and `en()` are for people.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system (or the caller's opener) refused to give the bytes.
    Unreadable {
        name: String,
        source: io::Error,
    },
    Empty {
        name: String,
    },
    /// Not a table file; `seen` says what it looks like.
    UnknownFormat {
        name: String,
        seen: &'static str,
    },
    /// The format was recognised but the content breaks its rules.
    Damaged {
        format: &'static str,
        detail: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A workbook protected by a password.
    Protected {
        name: String,
    },
    NoSheet {
        asked: String,
        have: Vec<String>,
    },
    NoColumns {
        name: String,
    },
    TooManyColumns {
        seen: usize,
        max: usize,
    },
    /// `line` counts from 1.
    LineTooLong {
        line: u64,
        max: usize,
    },
    CellTooLong {
        line: u64,
        max: usize,
    },
    /// A packed file that unpacks to more than is allowed.
    TooBig {
        part: String,
        max: u64,
    },
    UnknownEncoding {
        label: String,
    },
    BadDelimiter {
        seen: char,
    },
    Unwritable {
        source: io::Error,
    },
    /// More rows than an XLSX sheet can hold.
    SheetFull {
        max: u64,
    },
}

impl FileError {
    /// A stable, lower-case word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            FileError::Unreadable { .. } => "file_unreadable",
            FileError::Empty { .. } => "file_empty",
            FileError::UnknownFormat { .. } => "file_format_unknown",
            FileError::Damaged { .. } => "file_damaged",
            FileError::Protected { .. } => "file_protected",
            FileError::NoSheet { .. } => "sheet_not_found",
            FileError::NoColumns { .. } => "file_no_columns",
            FileError::TooManyColumns { .. } => "too_many_columns",
            FileError::LineTooLong { .. } => "line_too_long",
            FileError::CellTooLong { .. } => "cell_too_long",
            FileError::TooBig { .. } => "file_unpacks_too_big",
            FileError::UnknownEncoding { .. } => "encoding_unknown",
            FileError::BadDelimiter { .. } => "delimiter_invalid",
            FileError::Unwritable { .. } => "file_unwritable",
            FileError::SheetFull { .. } => "sheet_full",
        }
    }

    /// What happened and what to do, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            FileError::Unreadable { name, .. } => {
                format!("无法读取文件“{}”，请检查文件是否存在、是否有权限后重试。", shorten(name))
            }
            FileError::Empty { name } => format!("文件“{}”是空的，请确认导出时包含数据。", shorten(name)),
            FileError::UnknownFormat { name, seen } => format!(
                "无法识别文件“{}”（看起来是 {seen}）。支持 CSV、TSV、JSONL、XLSX、XLS、Parquet，以及 .gz/.zst 压缩的 CSV 和 JSONL。",
                shorten(name)
            ),
            FileError::Damaged { format, detail, .. } => {
                format!("{format} 文件已损坏或不完整（{}），请重新导出或重新上传。", shorten(detail))
            }
            FileError::Protected { name } => {
                format!("工作簿“{}”设有密码或不是有效的 XLS 文件，请取消密码或另存为 XLSX 后重新上传。", shorten(name))
            }
            FileError::NoSheet { asked, have } => {
                format!("工作簿中没有工作表“{}”，现有：{}。", shorten(asked), sheet_list(have, "、"))
            }
            FileError::NoColumns { name } => format!("文件“{}”中没有找到任何列，请确认首行是表头。", shorten(name)),
            FileError::TooManyColumns { seen, max } => {
                format!("文件有 {seen} 列，最多支持 {max} 列，请删去不需要的列。")
            }
            FileError::LineTooLong { line, max } => {
                format!("第 {line} 行超过 {}，请检查引号是否配对或分隔符是否正确。", size(*max as u64))
            }
            FileError::CellTooLong { line, max } => {
                format!("第 {line} 行有单元格超过 {}，请缩短内容。", size(*max as u64))
            }
            FileError::TooBig { part, max } => format!(
                "文件中的“{}”解压后超过允许的大小（{}），可能是异常压缩包；请另存为 CSV 后重新上传。",
                shorten(part),
                size(*max)
            ),
            FileError::UnknownEncoding { label } => format!(
                "不认识的文字编码“{}”，可用 utf-8、gb18030、big5、shift_jis、utf-16le、utf-16be。",
                shorten(label)
            ),
            FileError::BadDelimiter { seen } => {
                format!("分隔符“{}”无效，应为一个 ASCII 字符，例如逗号、分号、制表符或竖线。", seen.escape_default())
            }
            FileError::Unwritable { .. } => "写文件失败，请检查磁盘空间和权限。".into(),
            FileError::SheetFull { max } => format!("一个工作表最多 {max} 行，请改用 CSV 导出。"),
        }
    }

    /// What happened and what to do, in English.
    pub fn en(&self) -> String {
        match self {
            FileError::Unreadable { name, .. } => {
                format!("The file \"{}\" could not be read; check that it exists and may be opened.", shorten(name))
            }
            FileError::Empty { name } => {
                format!("The file \"{}\" is empty; check that the export held data.", shorten(name))
            }
            FileError::UnknownFormat { name, seen } => format!(
                "\"{}\" is not a table file (it looks like {seen}). CSV, TSV, JSONL, XLSX, XLS and Parquet are read, also .gz and .zst around CSV and JSONL.",
                shorten(name)
            ),
            FileError::Damaged { format, detail, .. } => {
                format!("The {format} file is damaged or cut short ({}); export or upload it again.", shorten(detail))
            }
            FileError::Protected { name } => format!(
                "The workbook \"{}\" has a password or is not a valid XLS file; remove the password or save it as XLSX.",
                shorten(name)
            ),
            FileError::NoSheet { asked, have } => {
                format!("The workbook has no sheet \"{}\"; it has: {}.", shorten(asked), sheet_list(have, ", "))
            }
            FileError::NoColumns { name } => {
                format!("No columns were found in \"{}\"; the first row should name the columns.", shorten(name))
            }
            FileError::TooManyColumns { seen, max } => {
                format!("The file has {seen} columns; at most {max} are read. Remove the columns you do not need.")
            }
            FileError::LineTooLong { line, max } => {
                format!("Line {line} is longer than {}; check the quotes and the delimiter.", size(*max as u64))
            }
            FileError::CellTooLong { line, max } => {
                format!("A cell in row {line} is longer than {}; shorten it.", size(*max as u64))
            }
            FileError::TooBig { part, max } => format!(
                "\"{}\" in the file unpacks to more than is allowed ({}); it may be a malformed archive. Save the table as CSV instead.",
                shorten(part),
                size(*max)
            ),
            FileError::UnknownEncoding { label } => format!(
                "The text encoding \"{}\" is not known; use utf-8, gb18030, big5, shift_jis, utf-16le or utf-16be.",
                shorten(label)
            ),
            FileError::BadDelimiter { seen } => format!(
                "The delimiter \"{}\" is not usable; it must be one ASCII character such as comma, semicolon, tab or pipe.",
                seen.escape_default()
            ),
            FileError::Unwritable { .. } => "The file could not be written; check disk space and permissions.".into(),
            FileError::SheetFull { max } => format!("A sheet holds at most {max} rows; export as CSV instead."),
        }
    }

    pub(crate) fn damaged(format: &'static str, detail: impl Into<String>) -> Self {
        FileError::Damaged { format, detail: detail.into(), source: None }
    }

    pub(crate) fn damaged_by(format: &'static str, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        FileError::Damaged { format, detail: cause.to_string(), source: Some(Box::new(cause)) }
    }
}

fn sheet_list(have: &[String], sep: &str) -> String {
    const SHOWN_MAX: usize = 8;
    let shown: Vec<String> = have.iter().take(SHOWN_MAX).map(|s| shorten(s)).collect();
    let more = if have.len() > SHOWN_MAX { " …" } else { "" };
    shown.join(sep) + more
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en())
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FileError::Unreadable { source, .. } | FileError::Unwritable { source } => Some(source),
            FileError::Damaged { source: Some(cause), .. } => Some(cause.as_ref()),
            _ => None,
        }
    }
}

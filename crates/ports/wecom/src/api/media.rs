//! Files: up, to be sent within three days, and down.

use super::{answer, at_most, not_empty};
use crate::call::Call;
use crate::client::{Answer, Client, Input};
use crate::error::{Error, Kind, Result, Retry};
use crate::multipart;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_kernel::Chance;
use std::time::Duration;

/// A second upload only makes a second id.
const UPLOAD: Call = Call::post("media/upload");
const IMAGE: Call = Call::once("media/uploadimg");
const ATTACHMENT: Call = Call::post("media/upload_attachment");
const GET: Call = Call::file("media/get");
const BY_URL: Call = Call::once("media/upload_by_url");
const BY_URL_RESULT: Call = Call::post("media/get_upload_by_url_result");

const MB: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// JPG or PNG, at most 10 MB.
    Image,
    /// AMR, at most 2 MB and 60 seconds.
    Voice,
    /// MP4, at most 10 MB.
    Video,
    /// At most 20 MB.
    File,
}

impl MediaKind {
    fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::File => "file",
        }
    }
    fn bytes_max(self) -> usize {
        match self {
            Self::Image | Self::Video => 10 * MB,
            Self::Voice => 2 * MB,
            Self::File => 20 * MB,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttachmentUse {
    /// Pictures and videos.
    Moment,
    /// Pictures.
    Album,
}

/// Good for three days from `created_at` (Unix seconds), for all apps of the corp.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Uploaded {
    #[serde(rename = "type")]
    pub kind: String,
    pub media_id: String,
    pub created_at: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Downloaded {
    pub content_type: String,
    pub file_name: Option<String>,
    pub body: Vec<u8>,
}

/// A file that WeCom is to fetch itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UploadByUrl {
    /// 1: material of group welcomes.
    pub scene: i64,
    #[serde(rename = "type")]
    pub kind: String,
    pub filename: String,
    pub url: String,
    pub md5: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UploadJob {
    pub status: i64,
    pub detail: Option<UploadJobDetail>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UploadJobDetail {
    pub errcode: i64,
    pub errmsg: String,
    pub media_id: String,
    pub created_at: i64,
}

answer!(Url { url: String });
answer!(JobId { jobid: String });

impl Client {
    /// For messages, welcomes and mass messages; not for moments.
    pub fn upload_media(&self, kind: MediaKind, file_name: &str, content: &[u8]) -> Result<Uploaded> {
        size(&UPLOAD, content, kind.bytes_max())?;
        self.upload(&UPLOAD, &[("type", kind.name())], form(file_name, content))
    }
    /// The permanent address of a picture of at most 2 MB, which only WeCom shows: 1000 a day and 3000 a month.
    pub fn upload_image(&self, file_name: &str, content: &[u8]) -> Result<String> {
        size(&IMAGE, content, 2 * MB)?;
        self.upload::<Url>(&IMAGE, &[], form(file_name, content)).map(|answer| answer.url)
    }
    /// For moments and albums; at most 10 MB.
    pub fn upload_attachment(
        &self,
        kind: MediaKind,
        purpose: AttachmentUse,
        file_name: &str,
        content: &[u8],
    ) -> Result<Uploaded> {
        let allowed = match purpose {
            AttachmentUse::Moment => matches!(kind, MediaKind::Image | MediaKind::Video),
            AttachmentUse::Album => kind == MediaKind::Image,
        };
        if !allowed {
            return Err(Error::invalid(ATTACHMENT.path, format!("no {} there", kind.name())));
        }
        size(&ATTACHMENT, content, 10 * MB)?;
        let purpose = if purpose == AttachmentUse::Moment { "1" } else { "2" };
        self.upload(&ATTACHMENT, &[("media_type", kind.name()), ("attachment_type", purpose)], form(file_name, content))
    }
    pub fn download_media(&self, media_id: &str) -> Result<Downloaded> {
        let query = vec![("media_id".to_owned(), media_id.to_owned())];
        let timeout = Some(Duration::from_secs(120));
        match self.send(&GET, Input { query, timeout, ..Input::default() })? {
            Answer::File(file) => {
                Ok(Downloaded { content_type: file.content_type, file_name: file.file_name, body: file.body })
            }
            Answer::Json(_) => Err(Error::new(GET.path, Kind::Shape, Retry::Never, "neither a file nor a refusal")),
        }
    }
    /// The id of the job; its end is told by the event `upload_media_job_finish`.
    pub fn upload_by_url(&self, upload: &UploadByUrl) -> Result<String> {
        self.post::<JobId>(&BY_URL, upload).map(|answer| answer.jobid)
    }
    pub fn upload_job(&self, jobid: &str) -> Result<UploadJob> {
        self.post(&BY_URL_RESULT, &json!({"jobid": jobid}))
    }
}

fn form(file_name: &str, content: &[u8]) -> (Vec<u8>, String) {
    multipart::file("media", file_name, content, Chance::secret())
}

/// More than five bytes, at most `max`.
fn size(call: &Call, content: &[u8], max: usize) -> Result<()> {
    not_empty(call, "the file (at most five bytes)", content.len() <= 5)?;
    at_most(call, "the file (bytes)", content.len(), max)
}

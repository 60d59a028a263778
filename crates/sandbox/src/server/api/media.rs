//! Media. Uploads come as multipart, downloads go out as bytes: the server hands them over around the JSON of the other calls.

use super::{Endpoint, post};
use crate::calendar::{day, month};
use crate::ids::Id;
use crate::parameters;
use crate::server::call::{Answer, Call, Code, refuse, refuse_because};
use crate::server::office::Media;
use serde_json::{Value, json};

pub const ENDPOINTS: &[Endpoint] = &[
    post("media/upload_by_url", &[], |call| {
        let (kind, name) = (call.need("type", 40058)?.to_owned(), call.need("filename", 40058)?.to_owned());
        call.need("url", 40058)?;
        if call.int("scene") != Some(1) {
            return refuse_because(40058, "scene");
        }
        let media = keep(call, &kind, &name, vec![0; 64], 0);
        call.office.uploads.push(media);
        Ok(json!({ "jobid": call.world.id(Id::Upload, call.office.uploads.len() - 1) }))
    }),
    post("media/get_upload_by_url_result", &[], |call| {
        let job = call.find(Id::Upload, call.need("jobid", 40058)?, call.office.uploads.len(), 40058)?;
        let media = call.world.id(Id::Media, call.office.uploads[job]);
        Ok(
            json!({ "status": 2, "detail": { "errcode": 0, "errmsg": "ok", "media_id": media, "created_at": call.seconds().to_string() } }),
        )
    }),
];

/// Limits of a kind of media: least and most bytes.
fn size(kind: &str) -> Option<usize> {
    Some(match kind {
        "image" | "video" => 10 << 20,
        "voice" => 2 << 20,
        "file" => 20 << 20,
        _ => return None,
    })
}

/// `media/upload`, `media/uploadimg` and `media/upload_attachment`, once the file has been read.
pub fn upload(call: &mut Call<'_>, path: &str, name: &str, bytes: Vec<u8>) -> Answer {
    if bytes.len() <= 5 {
        return refuse(44001);
    }
    match path {
        "media/upload" => {
            let kind = call.asked("type", 40058)?.to_owned();
            let most = size(&kind).ok_or_else(|| Code::of(40058))?;
            if bytes.len() > most {
                return refuse(45001);
            }
            let number = keep(call, &kind, name, bytes, 0);
            Ok(
                json!({ "type": kind, "media_id": call.world.id(Id::Media, number), "created_at": call.seconds().to_string() }),
            )
        }
        "media/uploadimg" => {
            if bytes.len() > 2 << 20 {
                return refuse(45001);
            }
            let today = day(call.now);
            if !call.office.count("image/day", today, parameters::IMAGES.1)
                || !call.office.count("image/month", month(today).0, parameters::IMAGES.0)
            {
                return refuse(45009);
            }
            let number = keep(call, "image", name, bytes, 0);
            call.office.media[number].until = None;
            Ok(json!({ "url": format!("http://wework.qpic.cn/bizmail/sandbox-{number}/0") }))
        }
        _ => {
            let kind = call.asked("media_type", 41072)?.to_owned();
            let purpose: i64 = call.asked("attachment_type", 41072)?.parse().unwrap_or(0);
            match (purpose, kind.as_str()) {
                (1, "image" | "video") | (2, "image") => {}
                _ => return refuse(41072),
            }
            if bytes.len() > 10 << 20 {
                return refuse(41080);
            }
            let number = keep(call, &kind, name, bytes, purpose);
            Ok(json!({ "type": kind, "media_id": call.world.id(Id::Attachment, number), "created_at": call.seconds() }))
        }
    }
}

fn keep(call: &mut Call<'_>, kind: &str, name: &str, bytes: Vec<u8>, purpose: i64) -> usize {
    let until = Some(call.now.plus_seconds(parameters::MEDIA_SECONDS));
    call.office.media.push(Media { kind: kind.into(), name: name.into(), bytes, until, purpose });
    call.office.media.len() - 1
}

fn find(call: &Call<'_>, media_id: &str) -> Option<usize> {
    let number = call.world.number(Id::Media, media_id).or_else(|| call.world.number(Id::Attachment, media_id))?;
    let media = call.office.media.get(number)?;
    media.until.is_none_or(|until| call.now < until).then_some(number)
}

/// Whether a media id is alive and was uploaded for this purpose: 0 messages, 1 moments, 2 albums.
pub fn check(call: &Call<'_>, media_id: &str, purpose: i64) -> Result<(), Code> {
    match find(call, media_id) {
        Some(number) if call.office.media[number].purpose == purpose => Ok(()),
        _ => refuse(40007),
    }
}

/// The type and bytes of `media/get`.
pub fn download(call: &Call<'_>) -> Result<(String, String, Vec<u8>), Code> {
    let number = find(call, call.asked("media_id", 40007)?).ok_or_else(|| Code::of(40007))?;
    let media = &call.office.media[number];
    let kind = match media.kind.as_str() {
        "image" => "image/jpeg",
        "video" => "video/mp4",
        "voice" => "audio/amr",
        _ => "application/octet-stream",
    };
    Ok((kind.to_owned(), media.name.clone(), media.bytes.clone()))
}

/// For tests: what was uploaded, without the bytes.
pub fn summary(media: &[Media]) -> Value {
    media.iter().map(|one| json!({ "type": one.kind, "name": one.name, "bytes": one.bytes.len() })).collect()
}

//! What something says: a content of its own, or a material of the library.

use crate::App;
use crate::welcome_shapes::MessageContent;
use serde::Serialize;
use siyu_db::Tx;
use siyu_kernel::Refusal;
use siyu_reach::Track;
use siyu_reach::content::Content;
use utoipa::ToSchema;

/// The material that something was made of.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct MaterialRef {
    pub id: String,
    pub version: i64,
    pub name: String,
}

#[derive(Clone)]
pub(crate) struct Said {
    pub content: Content,
    material: Option<(String, i64)>,
}

impl Said {
    /// `material`: its approved version is said. Errors: `material_or_content`, `material_unknown`, `material_unapproved`.
    pub fn of(
        app: &App,
        tx: &mut Tx<'_>,
        content: &MessageContent,
        material: Option<&String>,
    ) -> Result<Self, Refusal> {
        let content = Content::from(content.clone());
        let Some(id) = material.filter(|id| !id.is_empty()) else { return Ok(Self { content, material: None }) };
        if content != Content::default() {
            return Err(Refusal::invalid(
                "material_or_content",
                "Give either a content or a material.",
                "content 与 material 只能填写其中一项。",
            )
            .field("material"));
        }
        let (version, content) = app.reach.approved_material(tx, id)?;
        Ok(Self { content, material: Some((id.clone(), version)) })
    }
    /// What goes out: links of a material count who comes, as soon as it is known at which address we are reached.
    pub fn sent(&self, app: &App, tx: &mut Tx<'_>) -> Result<Content, Refusal> {
        let Some((material, version)) = &self.material else { return Ok(self.content.clone()) };
        let base = app.guides.settings(tx)?.address;
        let track = Track { material, version: *version, base: &base, person: None, staff: "" };
        app.reach.tracked(tx, &self.content, &track, None, app.now())
    }
    /// Notes what it went into, in the unit that makes that.
    pub fn used(&self, app: &App, tx: &mut Tx<'_>, what: &str, id: &str) -> Result<(), Refusal> {
        let own = self.material.as_ref().map(|(material, version)| (material.as_str(), *version));
        app.reach.material_used(tx, own, what, id, app.now())
    }
}

/// The material that something was made of, and its version.
pub(crate) fn made_of(app: &App, tx: &mut Tx<'_>, what: &str, id: &str) -> Result<Option<MaterialRef>, Refusal> {
    Ok(app.reach.material_in(tx, what, id)?.map(|(id, version, name)| MaterialRef { id, version, name }))
}

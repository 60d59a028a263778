//! The corp's tag library and the marks on relations.

use super::*;

impl World {
    pub fn tag_id(&self, id: usize) -> String {
        self.id(Id::Tag, id)
    }
    fn next_tag_id(&self) -> usize {
        self.tags.len() + self.tag_groups.len()
    }
    pub fn new_tag_group(&mut self, name: &str, order: u32, by_app: bool) -> usize {
        let id = self.next_tag_id();
        self.tag_groups.push(TagGroup {
            name: name.into(),
            created: self.now,
            order,
            deleted: false,
            tags: Vec::new(),
            id,
            by_app,
        });
        self.tag_groups.len() - 1
    }
    pub fn new_tag(&mut self, group: usize, name: &str, order: u32, by_app: bool) -> usize {
        let id = self.next_tag_id();
        self.tags.push(Tag { name: name.into(), created: self.now, order, deleted: false, group, id, by_app });
        self.tag_groups[group].tags.push(self.tags.len() - 1);
        self.tags.len() - 1
    }
    pub fn tag(&self, id: &str) -> Option<usize> {
        let number = self.number(Id::Tag, id)?;
        self.tags.iter().position(|tag| tag.id == number && !tag.deleted)
    }
    pub fn tag_group(&self, id: &str) -> Option<usize> {
        let number = self.number(Id::Tag, id)?;
        self.tag_groups.iter().position(|group| group.id == number && !group.deleted)
    }
    /// A tag goes, and with its last tag the group. Marks on customers go with it.
    pub fn delete_tag(&mut self, tag: usize) {
        self.tags[tag].deleted = true;
        for relation in &mut self.relations {
            relation.tags.retain(|&t| t != tag);
        }
        let group = self.tags[tag].group;
        if self.tag_groups[group].tags.iter().all(|&t| self.tags[t].deleted) {
            self.tag_groups[group].deleted = true;
        }
    }
    /// An administrator adds a tag in the console, of which the brand hears.
    pub fn console_adds_tag(&mut self, group: &str, name: &str) -> usize {
        let known = self.tag_groups.iter().position(|g| g.name == group && !g.deleted);
        let number = known.unwrap_or_else(|| self.new_tag_group(group, 0, false));
        if known.is_none() {
            let id = self.tag_id(self.tag_groups[number].id);
            self.tell(What::TagChanged { id, group: true, change: "create" });
        }
        let tag = self.new_tag(number, name, 0, false);
        let id = self.tag_id(self.tags[tag].id);
        self.tell(What::TagChanged { id, group: false, change: "create" });
        tag
    }
    pub fn console_renames_tag(&mut self, tag: usize, name: &str) {
        name.clone_into(&mut self.tags[tag].name);
        let id = self.tag_id(self.tags[tag].id);
        self.tell(What::TagChanged { id, group: false, change: "update" });
    }
    pub fn console_deletes_tag(&mut self, tag: usize) {
        self.delete_tag(tag);
        let id = self.tag_id(self.tags[tag].id);
        self.tell(What::TagChanged { id, group: false, change: "delete" });
    }
    /// Something a member does in the app.
    pub fn uses_app(
        &mut self,
        staff: StaffNo,
        event: &'static str,
        key: &str,
        task: &str,
        response: Option<usize>,
        selected: Vec<(String, Vec<String>)>,
    ) {
        self.tell(What::App { staff, event, key: key.into(), task: task.into(), response, selected });
    }
}

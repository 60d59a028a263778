//! Moments: a task for members, who publish it or not; customers see it, like it, rarely say something.

use super::*;

impl World {
    /// Makes the tasks of a moment whose range has been checked.
    pub fn order_moment(&mut self, mut moment: Moment, ranges: Vec<(StaffNo, Vec<RelationNo>)>) -> usize {
        let number = self.moments.len();
        for (task, (staff, range)) in ranges.into_iter().enumerate() {
            let Staff { diligence, .. } = self.staff[staff];
            let dice = &mut self.staff[staff].dice;
            let does = dice.chance(diligence);
            let hours = dice.lognormal(parameters::CONFIRM_HOURS.0, parameters::CONFIRM_HOURS.1);
            if does && self.lively {
                self.plan_at_work(hours, Plan::Publish { moment: number, task });
            }
            moment.tasks.push(MomentTask {
                staff,
                range,
                published: None,
                seen_by: Vec::new(),
                likes: Vec::new(),
                comments: Vec::new(),
            });
        }
        self.moments.push(moment);
        number
    }

    pub fn publish_moment(&mut self, moment: usize, task: usize) {
        let MomentTask { staff, published, .. } = self.moments[moment].tasks[task];
        if self.moments[moment].cancelled || published.is_some() || !self.serves(staff) {
            return;
        }
        let text = self.moments[moment].text["content"].as_str().unwrap_or_default().to_owned();
        self.moments[moment].tasks[task].published = Some(self.now);
        for at in 0..self.moments[moment].tasks[task].range.len() {
            let relation = self.moments[moment].tasks[task].range[at];
            if self.relations[relation].status != Status::Active {
                continue;
            }
            let person = self.relations[relation].person;
            let content = attention::Content::text(&text, "");
            let saw = self.reach(person, attention::Way::Moment(relation), Reach::Moment, moment, &content);
            let dice = &mut self.people[person].dice;
            let (likes, comments) = (dice.chance(parameters::LIKES), dice.chance(parameters::LIKES / 8.0));
            let here = &mut self.moments[moment].tasks[task];
            here.seen_by.push(person);
            if saw && likes {
                here.likes.push((person, self.now));
            }
            if saw && comments {
                here.comments.push((person, self.now));
            }
        }
    }
}

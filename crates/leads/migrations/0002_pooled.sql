-- Since when a lead is what it is: since it was made, or began anew after it had ended. Friendships and earlier holders are compared with it;
-- created_at stays the first day.
ALTER TABLE lead ADD COLUMN pooled_at BIGINT NOT NULL DEFAULT 0;
UPDATE lead SET pooled_at = COALESCE((SELECT MAX(m.at) FROM lead_move m WHERE m.lead = lead.id AND m.what = 'recycled' AND m.how = 'put'), created_at);

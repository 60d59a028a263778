import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, AutoComplete, Button, Drawer, Form, Input, InputNumber, Radio, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { tags as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Rule, Tag, TagGroup, TagInput } from "../api/types";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { tagColors } from "../shell/parts";
import { freshCond, isComplete } from "./rule";
import { RuleBuilder } from "./RuleBuilder";
import { RulePreview } from "./RulePreview";

export interface Editing { tag: Tag | null; group: string; kind: "manual" | "rule" }

export function TagDrawer({ editing, groups, onClose }: { editing: Editing | null; groups: TagGroup[]; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Drawer open={editing !== null} onClose={onClose} size={640} title={editing?.tag ? t("tags.edit", { name: editing.tag.name }) : t("tags.new")} destroyOnHidden>
      {editing ? <TagForm editing={editing} groups={groups} onClose={onClose} /> : null}
    </Drawer>
  );
}

interface Draft { group: string; name: string; color: string; kind: "manual" | "rule"; description?: string; ttl_days?: number | null }

function TagForm({ editing, groups, onClose }: { editing: Editing; groups: TagGroup[]; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const { tag } = editing;
  const [kind, setKind] = useState<"manual" | "rule">(editing.kind);
  const [drawn, setRule] = useState<Rule | null>(tag?.rule ?? null);
  const fields = useQuery({ queryKey: keys.ruleFields, queryFn: api.fields, enabled: kind === "rule", staleTime: 60_000 });
  const first = fields.data?.items[0];
  const rule: Rule = drawn ?? { all: first ? [freshCond(first)] : [] };
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async ({ group, ...draft }: Draft) => {
      const input: TagInput & { name: string } = { name: draft.name.trim(), color: draft.color, description: draft.description?.trim() ?? "", ttl_days: draft.ttl_days ?? null };
      if (kind === "rule") input.rule = rule;
      const existing = groups.find((item) => item.name === group.trim());
      const place = existing ? { group_id: existing.id } : { group: group.trim() };
      const saved = tag ? await api.change(tag.id, input) : await api.add({ ...input, ...place, kind });
      // A rule takes effect when it is saved, not at the next scheduled run.
      if (kind === "rule") await api.run(saved.id);
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.tags });
      void client.invalidateQueries({ queryKey: ["people"] });
      onClose();
    },
  });
  return (
    <Form<Draft>
      layout="vertical" requiredMark={false} onFinish={save.mutate}
      initialValues={{ group: editing.group, name: tag?.name, color: tag?.color ?? "green", description: tag?.description ?? "", ttl_days: tag?.ttl_days }}
    >
      {tag ? null : (
        <Form.Item label={t("tags.kind")}>
          <Radio.Group optionType="button" value={kind} onChange={(event) => setKind(event.target.value as "manual" | "rule")} options={[{ value: "manual", label: t("tags.kind.manual") }, { value: "rule", label: t("tags.kind.rule") }]} />
          <div className="muted small gap-top">{kind === "rule" ? t("tags.rule_hint") : t("tags.manual_hint")}</div>
        </Form.Item>
      )}
      <div className="tag-two">
        <Form.Item name="name" label={t("word.name")} rules={[{ required: true, whitespace: true, message: t("word.name_needed") }]}><Input maxLength={40} /></Form.Item>
        <Form.Item name="group" label={t("tags.group")} rules={[{ required: true, whitespace: true, message: t("tags.group_needed") }]}>
          <AutoComplete disabled={Boolean(tag)} options={groups.map((group) => ({ value: group.name }))} />
        </Form.Item>
      </div>
      <Form.Item name="color" label={t("tags.color")}>
        <Radio.Group className="color-choice">
          {tagColors.map((color) => <Radio key={color} value={color} aria-label={color}><AntTag color={color}>{t("tags.tag")}</AntTag></Radio>)}
        </Radio.Group>
      </Form.Item>
      <Form.Item name="description" label={t("tags.description")}><Input maxLength={200} /></Form.Item>
      <Form.Item name="ttl_days" label={t("tags.ttl")} extra={t("tags.ttl_hint")}><InputNumber min={1} max={3650} precision={0} suffix={t("word.days")} className="field" /></Form.Item>
      {kind === "rule" ? (
        <Form.Item label={t("tags.rule")}>
          {fields.isPending ? <Skeleton active /> : null}
          {fields.isError ? <Alert type="error" title={text(fields.error)} /> : null}
          {fields.data ? (
            <div className="stack tight">
              <RuleBuilder rule={rule} fields={fields.data.items} onChange={setRule} />
              <RulePreview rule={rule} fields={fields.data.items} />
            </div>
          ) : null}
        </Form.Item>
      ) : null}
      {save.error ? <Alert type="error" showIcon title={text(save.error)} className="gap-below" /> : null}
      <Button type="primary" htmlType="submit" loading={save.isPending} disabled={kind === "rule" && !isComplete(rule)}>{kind === "rule" ? t("tags.save_run") : t("action.save")}</Button>
    </Form>
  );
}

import { DeleteOutlined, EditOutlined, MoreOutlined, PlayCircleOutlined, PlusOutlined, TagsOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown, Input, Skeleton, Tag as AntTag, Tooltip } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { tags as api } from "../api/calls";
import { keys } from "../api/keys";
import type { Tag, TagGroup } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "../shell/errors";
import { EmptyHint, MayButton, Need, PageHead } from "../shell/parts";
import { useCan } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { useRuleText } from "./RulePreview";
import { TagDrawer, type Editing } from "./TagDrawer";
import { useTags } from "./pickers";
import "./people.css";
import "./tags.css";

export function TagsPage() {
  return <Need permission="people.read"><Tags /></Need>;
}

function Tags() {
  const { t } = useI18n();
  const list = useTags();
  const can = useCan();
  const [filters, change] = useFilters();
  const [chosen, setChosen] = useState<Editing | null>(null);
  const groups = list.data?.groups ?? [];
  // The home page's checklist arrives here with the rule form open.
  const asked: Editing | null = filters.new === "rule" && can("tags.write") && list.isSuccess ? { tag: null, group: groups[0]?.name ?? "", kind: "rule" } : null;
  const close = () => {
    setChosen(null);
    if (filters.new) change({ new: null });
  };
  return (
    <>
      <PageHead title={t("nav.tags")} hint={t("tags.hint")}>
        <MayButton permission="tags.write" type="primary" icon={<PlusOutlined />} onClick={() => setChosen({ tag: null, group: groups[0]?.name ?? "", kind: "manual" })}>{t("tags.new")}</MayButton>
      </PageHead>
      {list.isPending ? <div className="panel pad"><Skeleton active /></div> : null}
      {list.isError ? <ErrorView error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isSuccess && groups.length === 0 ? <div className="panel"><EmptyHint icon={<TagsOutlined />} title={t("tags.none")}>{t("tags.none_text")}</EmptyHint></div> : null}
      <div className="stack">{groups.map((group) => <Group key={group.id} group={group} onEdit={setChosen} />)}</div>
      <TagDrawer editing={chosen ?? asked} groups={groups} onClose={close} />
    </>
  );
}

function Group({ group, onEdit }: { group: TagGroup; onEdit: (editing: Editing) => void }) {
  const { t } = useI18n();
  const { modal } = App.useApp();
  const can = useCan();
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: keys.tags });
  const rename = useMutation({ mutationFn: (name: string) => api.renameGroup(group.id, name), onSuccess: refresh });
  const drop = useMutation({ mutationFn: () => api.removeGroup(group.id), onSuccess: refresh });
  const askName = () => {
    let name = group.name;
    modal.confirm({
      title: t("tags.rename_group"), okText: t("action.save"), cancelText: t("action.cancel"), icon: null,
      content: <Input autoFocus defaultValue={group.name} maxLength={40} aria-label={t("word.name")} onChange={(event) => (name = event.target.value)} />,
      onOk: () => (name.trim() ? rename.mutateAsync(name.trim()).catch(() => undefined) : undefined),
    });
  };
  const askDrop = () => modal.confirm({
    title: t("tags.delete_group", { name: group.name }), okText: t("action.delete"), okButtonProps: { danger: true }, cancelText: t("action.cancel"), onOk: () => drop.mutateAsync().catch(() => undefined),
  });
  return (
    <section className="panel">
      <div className="panel-head">
        <span>{group.name} <span className="muted small num">{group.tags.length}</span></span>
        <span className="row">
          <MayButton permission="tags.write" size="small" type="text" icon={<PlusOutlined />} onClick={() => onEdit({ tag: null, group: group.name, kind: "manual" })}>{t("tags.tag")}</MayButton>
          {can("tags.write") ? (
            <Dropdown trigger={["click"]} menu={{ items: [{ key: "rename", icon: <EditOutlined />, label: t("action.rename"), onClick: askName }, { key: "delete", icon: <DeleteOutlined />, danger: true, disabled: group.tags.length > 0, label: group.tags.length > 0 ? t("tags.delete_group_full") : t("action.delete"), onClick: askDrop }] }}>
              <Button size="small" type="text" icon={<MoreOutlined />} aria-label={`${t("action.more")} ${group.name}`} />
            </Dropdown>
          ) : null}
        </span>
      </div>
      {group.tags.length ? group.tags.map((tag) => <TagRow key={tag.id} tag={tag} group={group.name} onEdit={onEdit} />) : <p className="muted pad">{t("tags.group_empty")}</p>}
    </section>
  );
}

function TagRow({ tag, group, onEdit }: { tag: Tag; group: string; onEdit: (editing: Editing) => void }) {
  const { t } = useI18n();
  const format = useFormat();
  const { modal, message } = App.useApp();
  const can = useCan();
  const client = useQueryClient();
  const fields = useQuery({ queryKey: keys.ruleFields, queryFn: api.fields, enabled: tag.kind === "rule", staleTime: 60_000 });
  const ruleText = useRuleText(fields.data?.items ?? []);
  const refresh = () => {
    void client.invalidateQueries({ queryKey: keys.tags });
    void client.invalidateQueries({ queryKey: ["people"] });
  };
  const run = useMutation({
    mutationFn: () => api.run(tag.id),
    onSuccess: (result) => {
      void message.success(t("tags.ran", { added: result.added, removed: result.removed, people: result.people }));
      refresh();
    },
  });
  const drop = useMutation({ mutationFn: () => api.remove(tag.id), onSuccess: refresh });
  const askDrop = () => modal.confirm({
    title: t("tags.delete", { name: tag.name }), content: t("tags.delete_text", { n: format.count(tag.people) }),
    okText: t("action.delete"), okButtonProps: { danger: true }, cancelText: t("action.cancel"), onOk: () => drop.mutateAsync().catch(() => undefined),
  });
  return (
    <div className="tag-row">
      <div className="tag-name">
        <div className="row">
          <AntTag color={tag.color || "default"}>{tag.name}</AntTag>
          {tag.kind === "rule" ? <span className="kind">{t("tags.kind.rule")}</span> : null}
          {tag.kind === "imported" ? <span className="kind">{t("tags.kind.imported")}</span> : null}
          {tag.ttl_days ? <span className="kind">{t("tags.ttl_short", { n: tag.ttl_days })}</span> : null}
        </div>
        <div className="muted small break">{tag.rule ? ruleText(tag.rule) : tag.description}</div>
        {tag.evaluated_at ? <div className="muted small num">{t("tags.evaluated", { at: format.ago(tag.evaluated_at) })}</div> : null}
      </div>
      <Link to={`/people?tag=${encodeURIComponent(tag.id)}`} className="tag-people num">{t("tags.people", { n: format.count(tag.people) })}</Link>
      <div className="row">
        {tag.kind === "rule" ? <Tooltip title={t("tags.run")}><span><MayButton permission="tags.write" type="text" icon={<PlayCircleOutlined />} aria-label={`${t("tags.run")} ${tag.name}`} loading={run.isPending} onClick={() => run.mutate()} /></span></Tooltip> : null}
        {can("tags.write") ? (
          <>
            <Button type="text" icon={<EditOutlined />} aria-label={`${t("action.edit")} ${tag.name}`} onClick={() => onEdit({ tag, group, kind: tag.kind === "rule" ? "rule" : "manual" })} />
            <Button type="text" icon={<DeleteOutlined />} aria-label={`${t("action.delete")} ${tag.name}`} onClick={askDrop} />
          </>
        ) : null}
      </div>
    </div>
  );
}

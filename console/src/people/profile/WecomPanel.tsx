// Who among staff has this person in WeCom, how that came about, and the groups they are in.
import { EditOutlined, WechatWorkOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Form, Input, Modal, Skeleton, Tag as AntTag } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { wecom as api } from "../../api/calls";
import { keys } from "../../api/keys";
import type { WecomContact, WecomRelation } from "../../api/types";
import { useChannelName } from "../../channels/useChannelName";
import { useFormat } from "../../format/useFormat";
import { useI18n } from "../../i18n";
import { ErrorView, useErrorText } from "../../shell/errors";
import { EmptyHint, MayButton } from "../../shell/parts";
import "../../wecom/wecom.css";

export function WecomPanel({ id }: { id: string }) {
  const { t } = useI18n();
  const contacts = useQuery({ queryKey: keys.personPart(id, "wecom"), queryFn: () => api.person(id) });
  if (contacts.isPending) return <div className="panel pad"><Skeleton active /></div>;
  if (!contacts.data) return <ErrorView error={contacts.error} retry={() => void contacts.refetch()} />;
  if (contacts.data.items.length === 0) return <div className="panel"><EmptyHint icon={<WechatWorkOutlined />} title={t("person.wecom_none")}>{t("person.wecom_none_text")}</EmptyHint></div>;
  return <div className="stack">{contacts.data.items.map((contact) => <Contact key={contact.external_userid} id={id} contact={contact} />)}</div>;
}

function Contact({ id, contact }: { id: string; contact: WecomContact }) {
  const { t } = useI18n();
  const format = useFormat();
  const channel = useChannelName();
  const [edited, edit] = useState<WecomRelation | null>(null);
  return (
    <>
      <section className="panel">
        <div className="panel-head">
          <span>{t("person.wecom_relations")}</span>
          <span className="muted small">{[contact.name, contact.kind === 2 ? t("person.wecom_corp", { corp: contact.corp_name }) : ""].filter(Boolean).join(" · ")}</span>
        </div>
        {contact.relations.length === 0 ? <p className="muted pad">{t("lost.alone")}</p> : null}
        {contact.relations.map((relation) => <Relation key={relation.staff} relation={relation} onEdit={() => edit(relation)} />)}
      </section>
      {contact.groups.length > 0 ? (
        <section className="panel">
          <div className="panel-head">{t("person.wecom_groups")}</div>
          {contact.groups.map((own) => (
            <div className="relation" key={own.group}>
              <div className="row between"><Link to={`/groups/${encodeURIComponent(own.group)}`}>{own.name || t("groups.unnamed")}</Link>{own.left_at ? <AntTag>{t("groups.left_ones")}</AntTag> : null}</div>
              <div className="muted small num">{[`${t("groups.joined")} ${format.at(own.join_at)}`, own.left_at ? t("groups.left_at", { at: format.at(own.left_at) }) : "", own.channel ? t("person.by_channel", { channel: channel(own.channel) }) : ""].filter(Boolean).join(" · ")}</div>
            </div>
          ))}
        </section>
      ) : null}
      {edited ? <EditRemark id={id} contact={contact.external_userid} relation={edited} onClose={() => edit(null)} /> : null}
    </>
  );
}

function Relation({ relation, onEdit }: { relation: WecomRelation; onEdit: () => void }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const channel = useChannelName();
  const staff = relation.staff_name || relation.staff;
  const lost = relation.status === "lost";
  const how = [`${t("lost.added")} ${format.at(relation.added_at)}`, relation.add_way_label, relation.channel ? t("person.by_channel", { channel: channel(relation.channel) }) : ""].filter(Boolean).join(" · ");
  return (
    <div className="relation">
      <div className="row between">
        <span className="row"><b className="plain">{staff}</b><AntTag color={relation.status === "friends" ? "green" : "default"}>{word("person.follow", relation.status)}</AntTag>{relation.pending ? <AntTag color="blue">{t("person.remark_pending")}</AntTag> : null}</span>
        {lost ? null : <MayButton permission="people.write" type="text" size="small" icon={<EditOutlined />} aria-label={t("person.remark_edit", { staff })} onClick={onEdit} />}
      </div>
      <div className="break">{t("person.remark")} {relation.remark || <span className="muted">{t("person.remark_none")}</span>}{relation.mobiles.length > 0 ? <span className="num muted"> · {relation.mobiles.join(", ")}</span> : null}</div>
      {relation.description ? <div className="small break">{relation.description}</div> : null}
      {relation.tags.length > 0 ? <div className="chips wide">{relation.tags.map((tag) => <AntTag key={tag.id}>{tag.name}</AntTag>)}</div> : null}
      <div className="muted small num">{how}</div>
      {relation.lost_at ? <div className="small bad num">{t("lost.at")} {format.at(relation.lost_at)} · {word("lost.by", relation.lost_by ?? "unknown")}</div> : null}
    </div>
  );
}

function EditRemark({ id, contact, relation, onClose }: { id: string; contact: string; relation: WecomRelation; onClose: () => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<{ remark: string; description: string }>();
  const save = useMutation({
    meta: { quiet: true },
    // Only what was changed is sent: an untouched remark must not win over a newer one in WeCom.
    mutationFn: (draft: { remark: string; description: string }) => api.remark(id, contact, relation.staff, {
      ...(draft.remark === relation.remark ? {} : { remark: draft.remark }),
      ...(draft.description === relation.description ? {} : { description: draft.description }),
    }),
    onSuccess: (answer) => {
      void message.success(t("person.remark_queued"));
      client.setQueryData(keys.personPart(id, "wecom"), answer);
      onClose();
    },
  });
  const submit = (draft: { remark: string; description: string }) => {
    if (draft.remark === relation.remark && draft.description === relation.description) onClose();
    else save.mutate(draft);
  };
  return (
    <Modal open onCancel={onClose} title={t("person.remark_edit", { staff: relation.staff_name || relation.staff })} okText={t("action.save")} cancelText={t("action.cancel")} confirmLoading={save.isPending} onOk={() => form.submit()}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={submit} initialValues={{ remark: relation.remark, description: relation.description }}>
        <Form.Item name="remark" label={t("person.remark")}><Input autoFocus maxLength={20} showCount /></Form.Item>
        <Form.Item name="description" label={t("person.remark_text")} extra={t("person.remark_hint")}><Input.TextArea maxLength={150} showCount autoSize={{ minRows: 2 }} /></Form.Item>
      </Form>
      {save.error ? <Alert type="error" showIcon title={text(save.error)} /> : null}
    </Modal>
  );
}

import { CommentOutlined, PlusOutlined } from "@ant-design/icons";
import { Progress, Tag as AntTag } from "antd";
import { useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { STATES } from "../messages/MessagesPage";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { Nothing } from "../wecom/Nothing";
import { groupKeys, groupMessages as api } from "./calls";

export function GroupMessagesPage() {
  return <Need permission="people.read"><Messages /></Need>;
}

function Messages() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = usePages(groupKeys.messages, api.list);
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/group-messages/new")}>{t("group_messages.new")}</MayButton>;
  const state = (row: S.GroupMessageOut) => <AntTag color={STATES[row.state]}>{word("messages.state", row.state)}</AntTag>;
  const confirmed = (row: S.GroupMessageOut) => t("messages.confirmed_of", { n: format.count(row.confirmed), all: format.count(row.tasks) });
  const number = (n: number) => <Num muted={!n}>{format.count(n)}</Num>;
  return (
    <>
      <PageHead title={t("nav.group_messages")} hint={t("group_messages.hint")}>{add}</PageHead>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/group-messages/${row.id}`)}
        columns={[
          { title: t("word.name"), render: (_, row) => <b className="plain">{row.name}</b> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("group_messages.groups"), align: "right", render: (_, row) => number(row.sums.people) },
          { title: t("messages.sum.sent"), align: "right", render: (_, row) => number(row.sums.sent) },
          { title: t("messages.sum.waiting"), align: "right", render: (_, row) => number(row.sums.waiting) },
          { title: t("messages.sum.skipped"), align: "right", render: (_, row) => number(row.sums.skipped) },
          { title: t("messages.sum.failed"), align: "right", render: (_, row) => number(row.sums.failed) },
          { title: t("group_messages.members"), align: "right", render: (_, row) => number(row.members) },
          { title: t("messages.confirmed"), render: (_, row) => <Num>{confirmed(row)}</Num> },
          { title: t("messages.created"), render: (_, row) => <Num muted>{format.at(row.created_at)}</Num> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span>{state(row)}</div>
            <Progress percent={row.sums.people ? Math.round((row.sums.sent / row.sums.people) * 100) : 0} size="small" />
            <div className="muted small num">{t("messages.sum.sent")} {format.count(row.sums.sent)} / {format.count(row.sums.people)} · {confirmed(row)} · {format.at(row.created_at)}</div>
          </>
        )}
        empty={<Nothing icon={<CommentOutlined />} title={t("group_messages.empty")}>{t("group_messages.empty_text")}<p className="gap-above">{add}</p></Nothing>}
      />
    </>
  );
}

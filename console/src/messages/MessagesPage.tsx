import { PlusOutlined, SendOutlined } from "@ant-design/icons";
import { Progress, Tag as AntTag } from "antd";
import { useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { Nothing } from "../wecom/Nothing";
import { messageKeys, messages as api } from "./calls";

export const STATES: Record<string, string> = { running: "blue", paused: "gold", ended: "green", cancelled: "default" };

export function MessagesPage() {
  return <Need permission="people.read"><Messages /></Need>;
}

function Messages() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = usePages(messageKeys.list, api.list);
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/messages/new")}>{t("messages.new")}</MayButton>;
  const state = (row: S.MessageRowOut) => <AntTag color={STATES[row.state]}>{word("messages.state", row.state)}</AntTag>;
  const confirmed = (row: S.MessageRowOut) => t("messages.confirmed_of", { n: format.count(row.confirmed), all: format.count(row.tasks) });
  const share = (row: S.MessageRowOut) => (row.sums.people ? Math.round((row.sums.sent / row.sums.people) * 100) : 0);
  return (
    <>
      <PageHead title={t("nav.messages")} hint={t("messages.hint")}>{add}</PageHead>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/messages/${row.id}`)}
        columns={[
          { title: t("word.name"), render: (_, row) => <b className="plain">{row.name}</b> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("messages.people"), align: "right", render: (_, row) => <Num>{format.count(row.sums.people)}</Num> },
          { title: t("messages.sum.sent"), align: "right", render: (_, row) => <Num>{format.count(row.sums.sent)}</Num> },
          { title: t("messages.sum.waiting"), align: "right", render: (_, row) => <Num>{format.count(row.sums.waiting)}</Num> },
          { title: t("messages.sum.skipped"), align: "right", render: (_, row) => <Num>{format.count(row.sums.skipped)}</Num> },
          { title: t("messages.sum.failed"), align: "right", render: (_, row) => <Num>{format.count(row.sums.failed)}</Num> },
          { title: t("messages.confirmed"), render: (_, row) => <Num>{confirmed(row)}</Num> },
          { title: t("messages.created"), render: (_, row) => <Num muted>{format.at(row.created_at)}</Num> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span>{state(row)}</div>
            <Progress percent={share(row)} size="small" />
            <div className="muted small num">{t("messages.sum.sent")} {format.count(row.sums.sent)} / {format.count(row.sums.people)} · {confirmed(row)} · {format.at(row.created_at)}</div>
          </>
        )}
        empty={<Nothing icon={<SendOutlined />} title={t("messages.empty")}>{t("messages.empty_text")}<p className="gap-above">{add}</p></Nothing>}
      />
    </>
  );
}

import { CameraOutlined, PlusOutlined } from "@ant-design/icons";
import { Tag as AntTag } from "antd";
import { useNavigate } from "react-router";
import type * as S from "../api/openapi";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ListTable, usePages } from "../shell/ListTable";
import { MayButton, Need, Num, PageHead } from "../shell/parts";
import { Nothing } from "../wecom/Nothing";
import { groupKeys, moments as api } from "./calls";

export const MOMENT_COLORS: Record<string, string> = { making: "default", running: "blue", over: "green", cancelled: "default", refused: "red" };

export function MomentsPage() {
  return <Need permission="people.read"><Moments /></Need>;
}

function Moments() {
  const { t, word } = useI18n();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = usePages(groupKeys.moments, api.list);
  const add = <MayButton permission="messages.write" type="primary" icon={<PlusOutlined />} onClick={() => void navigate("/moments/new")}>{t("moments.new")}</MayButton>;
  const state = (row: S.MomentOut) => <AntTag color={MOMENT_COLORS[row.state]}>{word("moments.state", row.state)}</AntTag>;
  const published = (row: S.MomentOut) => t("moments.published_of", { n: format.count(row.sums.published), all: format.count(row.sums.members) });
  const number = (n: number) => <Num muted={!n}>{format.count(n)}</Num>;
  return (
    <>
      <PageHead title={t("nav.moments")} hint={t("moments.hint")}>{add}</PageHead>
      <ListTable
        pages={pages} rowKey={(row) => row.id} onOpen={(row) => void navigate(`/moments/${row.id}`)}
        columns={[
          { title: t("word.name"), render: (_, row) => <b className="plain">{row.name}</b> },
          { title: t("word.state"), render: (_, row) => state(row) },
          { title: t("moments.published"), render: (_, row) => <Num>{published(row)}</Num> },
          { title: t("moments.people"), align: "right", render: (_, row) => number(row.sums.people) },
          { title: t("moments.likes"), align: "right", render: (_, row) => number(row.sums.likes) },
          { title: t("moments.comments"), align: "right", render: (_, row) => number(row.sums.comments) },
          { title: t("messages.created"), render: (_, row) => <Num muted>{format.at(row.created_at)}</Num> },
        ]}
        card={(row) => (
          <>
            <div className="row between"><span className="card-title">{row.name}</span>{state(row)}</div>
            <div className="muted small num">{t("moments.published")} {published(row)} · {t("moments.people")} {format.count(row.sums.people)} · {t("moments.likes")} {format.count(row.sums.likes)} · {format.at(row.created_at)}</div>
          </>
        )}
        empty={<Nothing icon={<CameraOutlined />} title={t("moments.empty")}>{t("moments.empty_text")}<p className="gap-above">{add}</p></Nothing>}
      />
    </>
  );
}

// A file of a message: chosen, uploaded, and on its way to WeCom.
import { UploadOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Progress, Tag as AntTag, Upload } from "antd";
import { useState } from "react";
import { useI18n } from "../i18n";
import { useErrorText } from "../shell/errors";
import { files as api, welcomeKeys } from "./calls";

const ACCEPTS = { image: ".jpg,.jpeg,.png", video: ".mp4", file: undefined };

export function FilePick({ kind, file, onChange }: { kind: "image" | "video" | "file"; file: string; onChange: (file: string) => void }) {
  const { t } = useI18n();
  const text = useErrorText();
  const client = useQueryClient();
  const [share, setShare] = useState(0);
  const found = useQuery({
    queryKey: welcomeKeys.file(file), queryFn: () => api.get(file), enabled: Boolean(file),
    refetchInterval: (query) => (query.state.data && !query.state.data.ready_until ? 2_000 : false),
  });
  const send = useMutation({
    meta: { quiet: true },
    mutationFn: (chosen: File) => api.upload(chosen, setShare),
    onSuccess: (made) => {
      client.setQueryData(welcomeKeys.file(made.id), made);
      onChange(made.id);
    },
  });
  const state = found.data ? (found.data.ready_until ? <AntTag color="green">{t("welcomes.file_ready")}</AntTag> : found.data.error ? <AntTag color="orange">{t("welcomes.file_waits", { error: found.data.error })}</AntTag> : <AntTag>{t("welcomes.file_going")}</AntTag>) : null;
  return (
    <div className="row">
      <Upload accept={ACCEPTS[kind]} showUploadList={false} maxCount={1} beforeUpload={(chosen) => {
        setShare(0);
        send.mutate(chosen);
        return false;
      }}>
        <Button icon={<UploadOutlined />} loading={send.isPending}>{file ? t("welcomes.file_change") : t(`welcomes.file_choose.${kind}`)}</Button>
      </Upload>
      {found.data ? <span className="break">{found.data.name}</span> : null}
      {state}
      {send.isPending ? <Progress className="file-progress" percent={Math.round(share * 100)} size="small" /> : null}
      {send.error ? <span className="bad">{text(send.error)}</span> : null}
    </div>
  );
}

import { SearchOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 350;

/** A search box over a value that lives in the address: writes it when typing pauses, and follows it when it changes elsewhere. */
export function SearchInput({ value, label, onChange }: { value: string; label: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const known = useRef(value);
  useEffect(() => {
    if (value === known.current) return;
    known.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = text.trim();
      if (next === known.current) return;
      known.current = next;
      onChange(next);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return <Input allowClear prefix={<SearchOutlined />} value={text} placeholder={label} aria-label={label} onChange={(event) => setText(event.target.value)} />;
}

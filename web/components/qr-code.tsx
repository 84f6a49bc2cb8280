import { useEffect, useState } from 'preact/hooks';

/** A QR code of a text. The library that draws it is loaded with the first one. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [svg, setSvg] = useState('');
  useEffect(() => {
    let isCurrent = true;
    void import('uqr').then(({ renderSVG }) => {
      if (isCurrent) setSvg(renderSVG(text));
    });
    return () => {
      isCurrent = false;
    };
  }, [text]);
  if (svg === '') return <div class="qr" aria-busy="true" />;
  return <img class="qr" alt={label} src={`data:image/svg+xml;utf8,${encodeURIComponent(svg)}`} />;
}

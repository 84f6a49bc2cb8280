import { GlobalWorkerOptions, getDocument, PDFDataRangeTransport, type PDFDocumentProxy } from 'pdfjs-dist';
import workerAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Source } from '../../../client/preview/content.ts';
import { Icon } from '../../../components/icon.tsx';
import { t } from '../../../words/words.ts';

GlobalWorkerOptions.workerSrc = workerAddress;

/** More are not shown: a person looks for one page, and a hostile file claims millions. */
const pagesMax = 2000;
const scales = [0.5, 0.75, 1, 1.5, 2, 3] as const;
const pagePxMax = 900;

/**
 * A PDF, drawn page by page when it comes into sight, of which only the needed parts are read. The library runs in a
 * worker; scripts, forms and links of the file are left out, and so is what could load something from elsewhere.
 */
export function PdfPreview({ source }: { source: Source }) {
  const { document: pdf, error } = usePdf(source);
  const [step, setStep] = useState(2);
  if (error) {
    return (
      <p class="notice danger" role="alert">
        {error.name === 'PasswordException'
          ? t('This PDF is protected by a password. Download it to open it.')
          : t('This PDF cannot be shown: it is damaged, or cannot be reached right now.')}
      </p>
    );
  }
  if (!pdf) return <p aria-busy="true">{t('Loading…')}</p>;
  const count = Math.min(pdf.numPages, pagesMax);
  const scale = scales[step] ?? 1;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: pages that scroll, by keys too */}
      <div class="pdf" tabIndex={0}>
        {Array.from({ length: count }, (_, index) => (
          <PdfPage key={`${index} ${scale}`} pdf={pdf} number={index + 1} scale={scale} />
        ))}
      </div>
      <div class="zoom toolbar">
        <ZoomButton
          icon="zoom-out"
          label={t('Zoom out')}
          disabled={step === 0}
          onClick={() => setStep(step - 1)}
        />
        <span class="numbers" aria-live="polite">
          {Math.round(scale * 100)} %
        </span>
        <ZoomButton
          icon="zoom-in"
          label={t('Zoom in')}
          disabled={step === scales.length - 1}
          onClick={() => setStep(step + 1)}
        />
      </div>
    </>
  );
}

interface ZoomButtonProps {
  icon: 'zoom-in' | 'zoom-out';
  label: string;
  disabled: boolean;
  onClick(): void;
}

function ZoomButton({ icon, label, disabled, onClick }: ZoomButtonProps) {
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

interface Opened {
  document?: PDFDocumentProxy;
  error?: Error;
}

function usePdf(source: Source): Opened {
  const [opened, setOpened] = useState<Opened>({});
  useEffect(() => {
    const abort = new AbortController();
    const task = getDocument({
      range: rangesOf(source, abort.signal),
      enableXfa: false,
      useWasm: false,
      maxImageSize: 64_000_000,
      disableAutoFetch: true,
      disableStream: true,
    });
    task.promise.then(
      (document) => setOpened({ document }),
      (error: Error) => {
        if (!abort.signal.aborted) setOpened({ error });
      },
    );
    return () => {
      abort.abort();
      void task.destroy();
    };
  }, [source.key]);
  return opened;
}

/** The library asks for parts; one that cannot be read ends the work. */
function rangesOf(source: Source, signal: AbortSignal): PDFDataRangeTransport {
  const transport = new PDFDataRangeTransport(source.size, null);
  transport.requestDataRange = (start: number, end: number) => {
    source.read(start, end, signal).then(
      (bytes) => transport.onDataRange(start, bytes),
      () => transport.abort(),
    );
  };
  return transport;
}

interface PdfPageProps {
  pdf: PDFDocumentProxy;
  number: number;
  scale: number;
}

/** One page: drawn when it comes near, given up when it is far away. Its words are there for who cannot see them. */
function PdfPage({ pdf, number, scale }: PdfPageProps) {
  const frame = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [near, setNear] = useState(number === 1);
  const [shape, setShape] = useState({ ratio: Math.SQRT2, text: '' });
  useEffect(() => {
    if (!frame.current) return;
    const watch = new IntersectionObserver(([seen]) => setNear(seen?.isIntersecting ?? false), {
      root: frame.current.closest('.pdf'),
      rootMargin: '100% 0px',
    });
    watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (!near) return;
    let isOver = false;
    let stop = () => {};
    const draw = async () => {
      const page = await pdf.getPage(number);
      const [element, box] = [canvas.current, frame.current];
      if (isOver || !element || !box) return;
      const plain = page.getViewport({ scale: 1 });
      const pixels = box.clientWidth * Math.min(2, devicePixelRatio);
      const viewport = page.getViewport({ scale: pixels / plain.width });
      [element.width, element.height] = [Math.ceil(viewport.width), Math.ceil(viewport.height)];
      const task = page.render({ canvas: element, viewport });
      stop = () => task.cancel();
      setShape((old) => ({ ...old, ratio: plain.height / plain.width }));
      await task.promise;
      const { items } = await page.getTextContent();
      const text = items.map((item) => ('str' in item ? item.str : '')).join(' ');
      if (!isOver) setShape((old) => ({ ...old, text }));
    };
    // What cannot be drawn stays empty; the other pages go on.
    draw().catch(() => undefined);
    return () => {
      isOver = true;
      stop();
      if (canvas.current) canvas.current.width = 0;
    };
  }, [near]);
  return (
    <section
      ref={frame}
      class="pdf-page"
      aria-label={t('Page {number}', { number })}
      style={{
        inlineSize: `min(${100 * scale}%, ${pagePxMax * scale}px)`,
        aspectRatio: `1 / ${shape.ratio}`,
      }}
    >
      <canvas ref={canvas} />
      <p class="visually-hidden">{shape.text}</p>
    </section>
  );
}

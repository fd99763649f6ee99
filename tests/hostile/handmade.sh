#!/bin/sh
# handmade.sh SEEDS DIR MUTATE: files that want to be more than a video. Names that begin with "refuse-" must be refused,
# "render-" must be rendered; the others may be either, and then show nothing that is not theirs.
set -eu
seeds=$(cd "$1" && pwd) mutate=$3
mkdir -p "$2"
cp -R "$seeds/canary" "$2/canary"
cd "$2"
secret=file://$seeds/canary/secret.txt other=file://$seeds/canary/other.ts
hls='#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n'
playlist() { printf "$hls#EXTINF:2,\n%s\n#EXT-X-ENDLIST\n" "$2" >"refuse-$1"; }

playlist hls-secret.mp4 "$secret"
playlist hls-secret.mkv "$secret"
playlist hls-http.mp4 http://127.0.0.1:9/internal
playlist hls-concat.mp4 "concat:http://127.0.0.1:9/head|$secret"
playlist hls-subfile.mp4 "subfile,,start,0,end,64,,:$seeds/canary/secret.txt"
playlist hls-data.mp4 'data:video/mp2t;base64,R0AAEAAAsA0='
playlist hls-crypto.mp4 "crypto:$other"
playlist hls-other.mp4 "$other"
playlist hls-other-relative.mp4 canary/other.ts
playlist hls-traversal.mp4 ../../../../../../../../etc/hostname
playlist hls-pipe.mp4 pipe:0
playlist hls-fd.mp4 /proc/self/fd/3
printf "$hls#EXT-X-KEY:METHOD=AES-128,URI=\"$secret\"\n#EXTINF:2,\ncanary/other.ts\n#EXT-X-ENDLIST\n" >refuse-hls-key.mp4
printf "$hls#EXT-X-MAP:URI=\"$other\"\n#EXTINF:2,\ncanary/other.ts\n#EXT-X-ENDLIST\n" >refuse-hls-map.mp4
printf '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n%s\n' "$other" >refuse-hls-master.mp4
printf 'ffconcat version 1.0\nfile canary/other.ts\n' >refuse-ffconcat-relative.mp4
printf 'ffconcat version 1.0\nfile %s\nfile /etc/hostname\n' "$secret" >refuse-ffconcat.mp4
printf "ffconcat version 1.0\nfile 'http://127.0.0.1:9/x.mp4'\noption protocol_whitelist file,http,tcp\n" >refuse-ffconcat-option.mp4
printf '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>%s</BaseURL></Representation></AdaptationSet></Period></MPD>' "$other" >refuse-dash.mp4
printf '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:0</Id></CompositionPlaylist>' >refuse-imf.mp4
printf '<smil xmlns="http://www.w3.org/ns/SMIL"><body><video src="%s"/></body></smil>' "$other" >refuse-smil.mp4
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n' >refuse-sdp.mp4
printf '<asx version="3.0"><entry><ref href="http://127.0.0.1:9/a.wmv"/></entry></asx>' >refuse-asx.mp4
printf '[Reference]\r\nRef1=http://127.0.0.1:9/a.wmv\r\n' >refuse-reference.wmv
printf 'rtsptext\r\nrtsp://127.0.0.1:9/x\r\n' >refuse-rtsptext.mov
printf '[playlist]\nFile1=%s\nNumberOfEntries=1\n' "$secret" >refuse-pls.mp4
printf 'XBIN\032\120\000\031\000\020\000%04000d' 0 >refuse-xbin.mp4
printf '\033[2J\033[1;31mplain letters for a terminal %01000d' 0 >refuse-tty.mp4
printf '[Script Info]\nScriptType: v4.00+\n[Fonts]\nfontname: ../../evil.ttf\n!!!!\n[Events]\nDialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,x\n' >refuse-ass.mp4
printf '1\n00:00:00,000 --> 00:00:02,000\n%s\n' "$secret" >refuse-srt.mp4
# ftyp, then moov/rmra/rmda/rdrf with an address: a QuickTime reference movie
printf '\0\0\0\024ftypqt  \0\0\0\0qt  \0\0\0\103moov\0\0\0\073rmra\0\0\0\063rmda\0\0\0\053rdrf\0\0\0\0url \0\0\0\027http://127.0.0.1:9/a.mo' >refuse-qt-reference.mov
printf '\0\0\0\024ftypisom\0\0\0\0isom\0\0\0\0moov' >refuse-size-0.mp4
printf '\0\0\0\024ftypisom\0\0\0\0isom\0\0\0\001moov\200\0\0\0\0\0\0\0' >refuse-size-2-63.mp4
printf '\0\0\0\024ftypisom\0\0\0\0isom\0\0\0\001moov\0\0\0\0\0\0\0\001' >refuse-size-1.mp4
printf 'x' >refuse-one-byte.mp4
printf '<html><body>404 not found</body></html>' >refuse-page.mp4
head -c 30000 "$seeds/02-index-last.mp4" >refuse-no-index.mp4

for good in "$seeds"/[0-9]*; do cp "$good" "render-$(basename "$good")"; done

ff() { ffmpeg -nostdin -v error -y "$@"; }
"$mutate" dref "$seeds/canary/other.mp4" "$seeds/01-faststart.mp4" dref-front.mp4
"$mutate" dref "$seeds/canary/other.mp4" "$seeds/02-index-last.mp4" dref-back.mp4
"$mutate" dref "$secret" "$seeds/02-index-last.mp4" dref-secret.mp4
ff -i "$seeds/01-faststart.mp4" -c copy -attach canary/secret.txt -metadata:s:t mimetype=application/x-truetype-font attachment.mkv
ff -i "$seeds/06-h264.mkv" -f lavfi -t 1 -i anullsrc $(i=0; while [ $i -lt 120 ]; do printf -- '-map 1:a '; i=$((i + 1)); done) -map 0:v -c:v copy -c:a pcm_u8 many-tracks.mkv
ff -f lavfi -i testsrc2=s=320x180:r=25:d=1 -c:v magicyuv refuse-magicyuv.avi
ff -f lavfi -i color=s=16000x64:r=25:d=0.2 -c:v ffv1 refuse-too-wide.mkv
ff -f lavfi -i testsrc2=s=64x64:r=1000:d=1 -pix_fmt yuv420p -c:v libx264 -preset ultrafast fast-1000.mp4
ff -f lavfi -i testsrc=s=64x64:r=1:d=2 -vf "setpts='N*36000/TB'" -vsync passthrough -pix_fmt yuv420p -c:v libx264 -preset ultrafast -video_track_timescale 1000 refuse-ten-hours.mp4
# pictures of a second, stamped over half an hour
ff -i "$seeds/12-wmv2.wmv" -an -c copy -bsf:v "setts=ts='TS+if(gt(N,10),1800/TB,0)'" refuse-broken-clock.mkv
# 5000 channels: the number in the WAVEFORMATEX of an AVI (after 'auds', its strf)
python3 - "$seeds/09-mjpeg.avi" refuse-5000-channels.avi <<'PY'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
at = data.index(b'strf', data.index(b'auds')) + 8 + 2
data[at:at + 2] = (5000).to_bytes(2, 'little')
open(sys.argv[2], 'wb').write(data)
PY
# the middle of a stream whose first pictures and parameter sets are gone
ff -i "$seeds/01-faststart.mp4" -c copy -f mpegts "$seeds/whole.ts" && dd if="$seeds/whole.ts" of=no-start.ts bs=188 skip=40 2>/dev/null && rm "$seeds/whole.ts"
ff -i "$seeds/01-faststart.mp4" -c copy -metadata title="$(printf 'x\033[31m\033]0;pwn\007 "q" $(id) %%s%%n\n')" -metadata artist="$(head -c 60000 /dev/zero | tr '\0' A)" metadata.mp4

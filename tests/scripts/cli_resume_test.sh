#!/bin/sh
# spore train --resume: a training that was stopped by a signal, or killed, at any moment and then resumed leaves the same file, byte
# by byte, as one that ran through.
set -u
: "${SPORE:?the command}"
[ "${PROTOBUF:-ON}" = ON ] || exit 77 # there are no checkpoints in this build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0
wrong() {
    bad=$((bad + 1))
    echo "$*"
    sed 's/^/    /' out err | head -n 8
}
same() { cmp -s "$1" "$2" || wrong "$3: another result"; }

common='--data digits --limit 2000 --epochs 3 --batch 50'
layers='flatten, dense 24, bn, relu, dropout 0.2, dense 10'

# stopped SIGNAL OPTIONS...: begins a training, sends the signal once something was saved, and then some time later.
stopped() {
    signal=$1
    shift
    rm -f part.ckpt
    # shellcheck disable=SC2086 # words on purpose
    "$SPORE" train $common --layers "$layers" --save part.ckpt --save-every 3 "$@" >out 2>err </dev/null &
    child=$!
    while [ ! -e part.ckpt ] && kill -0 $child 2>/dev/null; do sleep 0.01; done
    sleep "$delay"
    kill -s "$signal" $child 2>/dev/null
    wait $child 2>/dev/null
}

delay=0.03
for options in '--optimizer sgd' '--optimizer sgd --momentum 0.9' '--optimizer momentum --weight-decay 0.001' \
    '--optimizer adam' '--optimizer adam --eager' '--optimizer adam --amp O2'; do
    # shellcheck disable=SC2086
    "$SPORE" train $common --layers "$layers" --save whole.ckpt --save-every 3 $options >out 2>err </dev/null ||
        wrong "train $options: exit status $?"
    for signal in INT TERM KILL; do
        # shellcheck disable=SC2086
        stopped $signal $options
        "$SPORE" train --resume part.ckpt --save-every 3 >out 2>err </dev/null || wrong "resume after SIG$signal ($options): status $?"
        [ ! -s err ] || wrong "resume after SIG$signal ($options): something on stderr"
        same whole.ckpt part.ckpt "resumed after SIG$signal ($options)"
    done
    delay=0.0${delay##*.}1
done
ls -A >out
[ "$(ls -A | grep -c 'spore-')" -eq 0 ] || wrong 'temporary files are left'

# In stages, with the options said again, into another file.
# shellcheck disable=SC2086
"$SPORE" train $common --layers "$layers" --optimizer adam --save whole.ckpt >out 2>err
# shellcheck disable=SC2086
"$SPORE" train $common --layers "$layers" --optimizer adam --epochs 1 --save part.ckpt >out 2>err
"$SPORE" train --resume part.ckpt --epochs 2 --layers "$layers" --seed 1 --save second.ckpt >out 2>err
grep -q '^Resuming part.ckpt in epoch 2 after step 0$' out || wrong 'resume does not say where it goes on'
grep -q '^Saved second.ckpt$' out || wrong 'resume --save: another file'
"$SPORE" train --save second.ckpt --resume --epochs 3 >out 2>err
same whole.ckpt second.ckpt 'in three stages'
"$SPORE" train --resume=second.ckpt >out 2>err || wrong 'resume of what is done'
grep -q '^second.ckpt has been trained for 3 epochs: nothing is left to do$' out || wrong 'resume of what is done says something else'
same whole.ckpt second.ckpt 'nothing left to do'
"$SPORE" train --resume second.ckpt --save third.ckpt --quiet >out 2>err
same whole.ckpt third.ckpt 'nothing left to do, into another file'

# Without FILE, and nothing saved yet: begins.
# shellcheck disable=SC2086
"$SPORE" train $common --layers "$layers" --optimizer adam --save new.ckpt --resume >out 2>err || wrong 'resume with nothing there'
same whole.ckpt new.ckpt 'begun with --resume'

# What does not fit: 2, one line with both values.
refused() { # refused STATUS TEXT OPTIONS...
    want=$1 text=$2
    shift 2
    "$SPORE" train "$@" >out 2>err </dev/null
    status=$?
    [ $status -eq "$want" ] || wrong "train $*: exit status $status, not $want"
    [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$text" err || wrong "train $*: not '$text'"
}
refused 2 "--layers 'flatten, dense 24, bn, relu, dropout 0.2, dense 10', found 'flatten, dense 10'" --resume whole.ckpt \
    --layers 'flatten, dense 10'
refused 2 "trained with --optimizer 'adam', found 'sgd'" --resume whole.ckpt --optimizer sgd
refused 2 "trained with --data 'digits', found 'mnist'" --resume whole.ckpt --data mnist
refused 2 "trained with --seed '1', found '2'" --resume whole.ckpt --seed 2
refused 2 "trained with --lr '0.001', found '0.5'" --resume whole.ckpt --lr 0.5
refused 2 "trained with --batch '50', found '64'" --resume whole.ckpt --batch 64
refused 2 "trained without --eager, found 'yes'" --resume whole.ckpt --eager
refused 2 "found --init too" --resume whole.ckpt --init whole.ckpt
refused 1 'missing.ckpt: No such file' --resume missing.ckpt
refused 2 'found neither FILE.ckpt nor --save' --resume

[ $bad -eq 0 ] || echo "$bad wrong"
[ $bad -eq 0 ]

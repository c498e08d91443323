# Runs the script $1 with the other arguments as A1, A2, ...
S=$1
shift
i=0
for a; do
  i=$((i + 1))
  export "A$i=$a"
done
unset a i
eval "$S"

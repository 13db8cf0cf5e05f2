for r in 1 2; do for m in plain datagrad; do for b in $BINS; do for t in 1 2; do echo "$b $t threads: $(ZZW=w3 ZZM=$m ZZT=$t ./$b.test -test.run ZZ | sed -n 2p)"; done; done; done; done

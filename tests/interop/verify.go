// verify is the other side of tests/interop/run: the notes and trees of
// golang.org/x/mod, which share no code with ours.  shelf.h says what is in
// DIR.
//
//	verify check DIR		take all of it, and nothing damaged
//	verify write DIR		the same things, made here
//	verify open FILE VKEY VKEY	open a note that both keys signed
//
// Only type 04, the cosignature, is written out here: that package does not
// have it (C2SP tlog-cosignature v1.0.1).
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1\n"
	entries     = 300
	small       = 40
	madeAt      = 1795341600
)

var headSizes = []int64{0, 1, 2, 3, 5, 8, 63, 64, 65, 128, 200, 255, 256, 257,
	299, 300}

// fail ends the program.
func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "verify: "+format+"\n", args...)
	os.Exit(1)
}

func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

// cosigner is a key of type 04; private is nil in one that only verifies.
type cosigner struct {
	name    string
	hash    uint32
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	at      uint64
}

func newCosigner(name string, public ed25519.PublicKey) *cosigner {
	id := sha256.Sum256([]byte(name + "\n\x04" + string(public)))
	return &cosigner{name: name, hash: binary.BigEndian.Uint32(id[:]),
		public: public}
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) message(at uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)),
		text...)
}

func (c *cosigner) Verify(text, sig []byte) bool {
	return len(sig) == 72 && ed25519.Verify(c.public,
		c.message(binary.BigEndian.Uint64(sig), text), sig[8:])
}

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	sig := make([]byte, 8)
	binary.BigEndian.PutUint64(sig, c.at)
	return append(sig, ed25519.Sign(c.private, c.message(c.at, text))...), nil
}

func (c *cosigner) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", c.name, c.hash,
		base64.StdEncoding.EncodeToString(append([]byte{4}, c.public...)))
}

// verifier reads a verifier key, a cosigner's or any that the package knows.
func verifier(vkey string) note.Verifier {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) == 3 {
		key, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(key) == 33 && key[0] == 4 {
			c := newCosigner(parts[0], key[1:])
			if c.vkey() != vkey {
				fail("%s: another ID", vkey)
			}
			return c
		}
	}
	v, err := note.NewVerifier(vkey)
	must(err)
	return v
}

// opens says whether both keys signed a note, and its text.
func opens(bytes []byte, keys []note.Verifier) (string, bool) {
	n, err := note.Open(bytes, note.VerifierList(keys...))
	if err != nil || len(n.Sigs) != len(keys) {
		return "", false
	}
	return n.Text, true
}

// shelf is a directory that was read.
type shelf struct {
	dir    string
	keys   []note.Verifier
	leaves []tlog.Hash
	hashes storage
	taken  [5]int
	refuse int
}

// storage answers for the hashes of a tree.
type storage []tlog.Hash

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		if i < 0 || i >= int64(len(s)) {
			return nil, fmt.Errorf("no hash %d", i)
		}
		out = append(out, s[i])
	}
	return out, nil
}

func (s *storage) add(entry []byte, index int64) {
	made, err := tlog.StoredHashes(index, entry, *s)
	must(err)
	*s = append(*s, made...)
}

// root is the one at a size; the package has its own idea of the empty tree.
func (s storage) root(size int64) tlog.Hash {
	if size == 0 {
		return sha256.Sum256(nil)
	}
	root, err := tlog.TreeHash(size, s)
	must(err)
	return root
}

func (s *shelf) lines(name string) []string {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	must(err)
	lines := strings.Split(string(text), "\n")
	return lines[:len(lines)-1]
}

func number(word string) int64 {
	n, err := strconv.ParseInt(word, 10, 64)
	must(err)
	if strconv.FormatInt(n, 10) != word || n < 0 {
		fail("%s: no number", word)
	}
	return n
}

func hashes(words []string) []tlog.Hash {
	var out []tlog.Hash
	for _, word := range words {
		h, err := tlog.ParseHash(word)
		must(err)
		out = append(out, h)
	}
	return out
}

func readShelf(dir string) *shelf {
	s := &shelf{dir: dir}
	for _, line := range s.lines("keys") {
		s.keys = append(s.keys, verifier(strings.Fields(line)[1]))
	}
	for i, line := range s.lines("leaves") {
		entry, err := hex.DecodeString(line)
		must(err)
		s.leaves = append(s.leaves, tlog.RecordHash(entry))
		s.hashes.add(entry, int64(i))
	}
	return s
}

// flipped is a copy of a hash with one bit, another each time, changed.
func (s *shelf) flipped(h tlog.Hash) tlog.Hash {
	h[s.refuse%len(h)] ^= 1 << uint(s.refuse%8)
	s.refuse++
	return h
}

// claim has a proof checked as it is and with each hash damaged.
func (s *shelf) claim(what string, proof []tlog.Hash, root, first tlog.Hash,
	check func(proof []tlog.Hash, root, first tlog.Hash) error) {
	if err := check(proof, root, first); err != nil {
		fail("%s: %v", what, err)
	}
	if check(proof, s.flipped(root), first) == nil ||
		check(proof, root, s.flipped(first)) == nil {
		fail("%s: taken with a bit flipped", what)
	}
	for i := range proof {
		bad := append([]tlog.Hash(nil), proof...)
		bad[i] = s.flipped(bad[i])
		if check(bad, root, first) == nil {
			fail("%s: taken with a bit of the proof flipped", what)
		}
	}
}

func (s *shelf) inclusion(index, size int64, proof []tlog.Hash) {
	if index >= size || size > int64(len(s.leaves)) {
		fail("no entry %d in %d", index, size)
	}
	s.claim(fmt.Sprintf("inclusion of %d in %d", index, size), proof,
		s.hashes.root(size), s.leaves[index],
		func(proof []tlog.Hash, root, leaf tlog.Hash) error {
			return tlog.CheckRecord(proof, size, root, index, leaf)
		})
}

func (s *shelf) consistency(old, size int64, proof []tlog.Hash) {
	if old > size || size > int64(len(s.leaves)) {
		fail("no size %d in %d", old, size)
	}
	s.claim(fmt.Sprintf("consistency of %d and %d", old, size), proof,
		s.hashes.root(size), s.hashes.root(old),
		func(proof []tlog.Hash, root, first tlog.Hash) error {
			return tlog.CheckTree(proof, size, root, old, first)
		})
}

// headText is what a checkpoint of the shelf has to say.
func (s *shelf) headText(size int64) string {
	return fmt.Sprintf("%s\n%d\n%v\n", s.keys[0].Name(), size,
		s.hashes.root(size))
}

// damaged yields a note with one bit of each byte of its text, and of each
// byte of each decoded signature, flipped.  (The package takes base64 with
// stray bits, so the encoded form is no place for it.)
func damaged(whole []byte, yield func([]byte)) {
	end := bytes.LastIndex(whole, []byte("\n\n")) + 2
	for i := 0; i < end; i++ {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1 << uint(i%8)
		yield(bad)
	}
	lines := strings.SplitAfter(string(whole[end:]), "\n")
	for n, line := range lines[:len(lines)-1] {
		words := strings.Fields(line)
		sig, err := base64.StdEncoding.DecodeString(words[2])
		must(err)
		for i := range sig {
			bad := append([]byte(nil), sig...)
			bad[i] ^= 1 << uint(i%8)
			other := append([]string(nil), lines...)
			other[n] = words[0] + " " + words[1] + " " +
				base64.StdEncoding.EncodeToString(bad) + "\n"
			yield([]byte(string(whole[:end]) +
				strings.Join(other, "")))
		}
	}
}

func (s *shelf) head(size int64) {
	name := fmt.Sprintf("checkpoint.%d", size)
	whole, err := os.ReadFile(filepath.Join(s.dir, name))
	must(err)
	if text, ok := opens(whole, s.keys); !ok || text != s.headText(size) {
		fail("%s refused", name)
	}
	damaged(whole, func(bad []byte) {
		if text, ok := opens(bad, s.keys); ok && text == s.headText(size) {
			fail("%s: taken with a bit flipped", name)
		}
		s.refuse++
	})
}

// file reads a tlog-proof and checks it from its own bytes alone.
func (s *shelf) file(index, size int64) {
	name := fmt.Sprintf("proof.%d.%d.tlog-proof", index, size)
	whole, err := os.ReadFile(filepath.Join(s.dir, name))
	must(err)
	rest := string(whole)
	if !strings.HasPrefix(rest, proofHeader) {
		fail("%s: not a tlog-proof", name)
	}
	rest = rest[len(proofHeader):]
	parts := strings.SplitN(rest, "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if strings.HasPrefix(lines[0], "extra ") {
		_, err = base64.StdEncoding.DecodeString(lines[0][6:])
		must(err)
		lines = lines[1:]
	}
	if lines[0] != fmt.Sprintf("index %d", index) {
		fail("%s: %s", name, lines[0])
	}
	text, ok := opens([]byte(parts[1]), s.keys)
	if !ok || text != s.headText(size) {
		fail("%s: its checkpoint is refused", name)
	}
	s.inclusion(index, size, hashes(lines[1:]))
}

func check(dir string) {
	s := readShelf(dir)
	for _, line := range s.lines("roots") {
		words := strings.Fields(line)
		if s.hashes.root(number(words[0])).String() != words[1] {
			fail("the root of %s differs", words[0])
		}
		s.taken[0]++
	}
	for _, line := range s.lines("inclusion") {
		words := strings.Fields(line)
		s.inclusion(number(words[0]), number(words[1]), hashes(words[2:]))
		s.taken[1]++
	}
	for _, line := range s.lines("consistency") {
		words := strings.Fields(line)
		s.consistency(number(words[0]), number(words[1]),
			hashes(words[2:]))
		s.taken[2]++
	}
	for _, line := range s.lines("heads") {
		s.head(number(line))
		s.taken[3]++
	}
	for _, line := range s.lines("proofs") {
		words := strings.Fields(line)
		s.file(number(words[0]), number(words[1]))
		s.taken[4]++
	}
	for _, n := range s.taken {
		if n == 0 {
			fail("%s: nothing to check", dir)
		}
	}
	fmt.Printf("%d roots, %d inclusion and %d consistency proofs, %d notes "+
		"and %d proof files taken; %d damaged ones refused\n", s.taken[0],
		s.taken[1], s.taken[2], s.taken[3], s.taken[4], s.refuse)
}

func writeFile(dir, name, text string) {
	must(os.WriteFile(filepath.Join(dir, name), []byte(text), 0666))
}

// proofLine is a line of the files inclusion and consistency.
func proofLine(a, size int64, proof []tlog.Hash) string {
	line := fmt.Sprintf("%d %d", a, size)
	for _, h := range proof {
		line += " " + h.String()
	}
	return line + "\n"
}

// makeProofs writes the roots and the proofs for some pairs of sizes.
func makeProofs(dir string, tree storage) {
	var roots, inclusion, consistency strings.Builder
	wanted := map[int64]bool{}
	for _, size := range headSizes {
		wanted[size] = true
	}
	for size := int64(0); size <= entries; size++ {
		fmt.Fprintf(&roots, "%d %v\n", size, tree.root(size))
		if size > small && !wanted[size] {
			continue
		}
		for i := int64(0); i < size; i++ {
			record, err := tlog.ProveRecord(size, i, tree)
			must(err)
			inclusion.WriteString(proofLine(i, size, record))
			old, err := tlog.ProveTree(size, i+1, tree)
			must(err)
			consistency.WriteString(proofLine(i+1, size, old))
		}
	}
	writeFile(dir, "roots", roots.String())
	writeFile(dir, "inclusion", inclusion.String())
	writeFile(dir, "consistency", consistency.String())
}

// makeFiles writes tlog-proof files under the last head.
func makeFiles(dir string, tree storage, head string) {
	list := ""
	for i := int64(0); i < entries; i += 7 {
		record, err := tlog.ProveRecord(entries, i, tree)
		must(err)
		text := proofHeader
		if i%2 == 1 {
			text += "extra bm90IHZvdWNoZWQgZm9y\n"
		}
		text += fmt.Sprintf("index %d\n", i)
		for _, h := range record {
			text += h.String() + "\n"
		}
		writeFile(dir, fmt.Sprintf("proof.%d.%d.tlog-proof", i, entries),
			text+"\n"+head)
		list += fmt.Sprintf("%d %d\n", i, entries)
	}
	writeFile(dir, "proofs", list)
}

func write(dir string) {
	seed := sha256.Sum256([]byte("a test's log key"))
	skey, vkey, err := note.GenerateKey(bytes.NewReader(seed[:]),
		"other.example/docket/north.example/1")
	must(err)
	log, err := note.NewSigner(skey)
	must(err)
	seed = sha256.Sum256([]byte("a test's mirror key"))
	private := ed25519.NewKeyFromSeed(seed[:])
	mirror := newCosigner("north.example/mirror",
		private.Public().(ed25519.PublicKey))
	mirror.private = private
	writeFile(dir, "keys", "log "+vkey+"\nmirror "+mirror.vkey()+"\n")

	var tree storage
	leaves := ""
	for i := 0; i < entries; i++ {
		entry := bytes.Repeat([]byte{byte(i), 0, 0xff, '\n'}, i%50)
		leaves += hex.EncodeToString(entry) + "\n"
		tree.add(entry, int64(i))
	}
	writeFile(dir, "leaves", leaves)
	makeProofs(dir, tree)

	list, last := "", ""
	for _, size := range headSizes {
		mirror.at = uint64(madeAt + size)
		text := fmt.Sprintf("%s\n%d\n%v\n", log.Name(), size,
			tree.root(size))
		signed, err := note.Sign(&note.Note{Text: text}, log, mirror)
		must(err)
		last = string(signed)
		writeFile(dir, fmt.Sprintf("checkpoint.%d", size), last)
		list += fmt.Sprintf("%d\n", size)
	}
	writeFile(dir, "heads", list)
	makeFiles(dir, tree, last)
}

func main() {
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "check":
		check(args[1])
	case len(args) == 2 && args[0] == "write":
		write(args[1])
	case len(args) == 4 && args[0] == "open":
		whole, err := os.ReadFile(args[1])
		must(err)
		if _, ok := opens(whole, []note.Verifier{verifier(args[2]),
			verifier(args[3])}); !ok {
			fail("%s refused", args[1])
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: verify check|write DIR\n"+
			"       verify open FILE VKEY VKEY")
		os.Exit(2)
	}
}

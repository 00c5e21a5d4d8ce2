package turns

type Turn struct {
	ID       string
	RunID    string
	Blocks   []Block
	Metadata any
	Data     any
}

func (t *Turn) Clone() *Turn

type Block struct {
	ID       string
	TurnID   string
	Kind     BlockKind
	Role     string
	Payload  map[string]any
	Metadata any
}

type BlockKind int

func AppendBlock(t *Turn, b Block)
func AppendBlocks(t *Turn, blocks ...Block)
func NewUserTextBlock(text string) Block
func NewSystemTextBlock(text string) Block
func NewAssistantTextBlock(text string) Block

type Builder struct{}

func NewTurnBuilder() *Builder
func (b *Builder) WithSystemPrompt(prompt string) *Builder
func (b *Builder) WithUserPrompt(prompt string) *Builder
func (b *Builder) Build() *Turn
